#include "demo/load.h"

#include <stdio.h>

#define BAR_CHARACTERS 40

void tb_demo_progress_step(struct tb_demo_progress *progress, const char *what)
{
    static const char full[] = "########################################";
    progress->done++;
    if (!progress->is_shown)
        return;
    unsigned filled = progress->done * BAR_CHARACTERS / progress->total;
    TB_BUG_IF(filled > BAR_CHARACTERS);
    fprintf(stderr, "\rloading the demo [%-*.*s] %3u %% %-12s", BAR_CHARACTERS, (int)filled, full,
            progress->done * 100 / progress->total, what);
    (void)fflush(stderr);
}

void tb_demo_progress_end(struct tb_demo_progress *progress)
{
    if (progress->is_shown && progress->done > 0)
        fprintf(stderr, "\n");
}
