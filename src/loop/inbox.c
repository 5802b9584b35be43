#include "timebank/inbox.h"

#include "timebank/error.h"

static void open_all(struct tb_inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    struct tb_letter *letter = inbox->first;
    inbox->first = NULL;
    inbox->last = NULL;
    pthread_mutex_unlock(&inbox->lock);
    while (letter != NULL) {
        struct tb_letter *next = letter->next;
        letter->open(letter);
        letter = next;
    }
}

static void on_wake(uv_async_t *wake)
{
    open_all(wake->data);
}

void tb_inbox_init(struct tb_inbox *inbox, uv_loop_t *loop)
{
    inbox->first = NULL;
    inbox->last = NULL;
    pthread_mutex_init(&inbox->lock, NULL);
    TB_BUG_IF(uv_async_init(loop, &inbox->wake, on_wake) != 0);
    inbox->wake.data = inbox;
}

void tb_inbox_post(struct tb_inbox *inbox, struct tb_letter *letter)
{
    letter->next = NULL;
    pthread_mutex_lock(&inbox->lock);
    if (inbox->last != NULL)
        inbox->last->next = letter;
    else
        inbox->first = letter;
    inbox->last = letter;
    pthread_mutex_unlock(&inbox->lock);
    uv_async_send(&inbox->wake);
}

void tb_inbox_close(struct tb_inbox *inbox)
{
    open_all(inbox);
    uv_close((uv_handle_t *)&inbox->wake, NULL);
    pthread_mutex_destroy(&inbox->lock);
}
