/* Files on the disk, written so that a crash at any point leaves them whole or unnamed. */
#include "timebank/store.h"

#include "timebank/uuid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INCOMING "incoming"
#define ABANDONED_S 3600
#define READ_BYTES (64 * 1024)
#define PATH_BYTES 128

_Static_assert(2 * crypto_hash_sha256_BYTES + 1 == TB_STORE_NAME_BYTES, "a name is a hash");

static int open_folder(const char *folder)
{
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Closes without losing why something failed before. */
static void close_quietly(int fd)
{
    int error = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = error;
}

static bool make_folder(int at, const char *name)
{
    return mkdirat(at, name, 0700) == 0 || errno == EEXIST;
}

/* ------------------------------------------------------------------ the folder */

static void remove_abandoned(int folder)
{
    int fd = openat(folder, INCOMING, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *files = fd >= 0 ? fdopendir(fd) : NULL;
    if (files == NULL) {
        close_quietly(fd);
        return;
    }
    time_t now = time(NULL);
    struct stat found;
    for (struct dirent *each = readdir(files); each != NULL; each = readdir(files))
        if (fstatat(fd, each->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode) &&
            now - found.st_mtime > ABANDONED_S)
            (void)unlinkat(fd, each->d_name, 0);
    (void)closedir(files);
}

/* Whether a file can be written there: only trying tells of a full disk. */
static bool try_writing(int folder)
{
    char path[PATH_BYTES];
    char id[TB_UUID_TEXT_BYTES];
    tb_uuid_v7(id);
    (void)snprintf(path, sizeof(path), INCOMING "/%s.try", id);
    int fd = openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool good = write(fd, "timebank", 8) == 8 && fsync(fd) == 0;
    close_quietly(fd);
    int error = errno;
    (void)unlinkat(folder, path, 0);
    errno = error;
    return good;
}

enum tb_err tb_store_prepare(const char *folder, struct tb_error_text *reterr_text)
{
    (void)mkdir(folder, 0700); /* open_folder tells what is wrong, if anything is */
    int fd = open_folder(folder);
    bool good = fd >= 0 && make_folder(fd, INCOMING) && try_writing(fd);
    if (good)
        remove_abandoned(fd);
    else
        tb_error_set(reterr_text, "%s: %s", folder, strerror(errno));
    close_quietly(fd);
    return good ? TB_OK : TB_ERR_IO;
}

/* ------------------------------------------------------------------ writing */

static bool write_all(int fd, struct tb_str bytes)
{
    size_t done = 0;
    while (done < bytes.len) {
        ssize_t written = write(fd, bytes.ptr + done, bytes.len - done);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0)
            done += (size_t)written;
    }
    return true;
}

static bool write_file(int folder, const char *path, struct tb_str bytes)
{
    int fd = openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    if (write_all(fd, bytes) && fsync(fd) == 0)
        return close(fd) == 0;
    close_quietly(fd);
    return false;
}

/* The name of a file is on the disk when its folder is, and that folder's name when the store's
 * is. */
static bool give_name(int folder, const char *path, const char *name)
{
    char prefix[3] = {name[0], name[1], '\0'};
    if (!make_folder(folder, prefix))
        return false;
    int within = openat(folder, prefix, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = within >= 0 && renameat(folder, path, within, name + 2) == 0 &&
                fsync(within) == 0 && fsync(folder) == 0;
    close_quietly(within);
    return good;
}

static void name_of(struct tb_str bytes, char ret_name[TB_STORE_NAME_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)bytes.ptr, bytes.len);
    sodium_bin2hex(ret_name, TB_STORE_NAME_BYTES, hash, sizeof(hash));
}

enum tb_err tb_store_write(const char *folder, struct tb_str bytes,
                           char ret_name[TB_STORE_NAME_BYTES])
{
    char path[PATH_BYTES];
    char id[TB_UUID_TEXT_BYTES];
    char name[TB_STORE_NAME_BYTES];
    tb_uuid_v7(id);
    (void)snprintf(path, sizeof(path), INCOMING "/%s", id);
    name_of(bytes, name);
    int fd = open_folder(folder);
    /* The whole again even if it is there: what has been damaged since is then good again. */
    bool good = fd >= 0 && make_folder(fd, INCOMING) && write_file(fd, path, bytes) &&
                give_name(fd, path, name);
    int error = errno;
    if (!good && fd >= 0)
        (void)unlinkat(fd, path, 0);
    errno = error;
    close_quietly(fd);
    if (!good)
        return TB_ERR_IO;
    memcpy(ret_name, name, sizeof(name));
    return TB_OK;
}

/* ------------------------------------------------------------------ reading */

/* Of all that can be read from it. False: it could not be read. */
static bool hash_file(int fd, char ret_name[TB_STORE_NAME_BYTES], int64_t *ret_bytes)
{
    crypto_hash_sha256_state state;
    unsigned char hash[crypto_hash_sha256_BYTES];
    unsigned char piece[READ_BYTES];
    ssize_t got;
    *ret_bytes = 0;
    crypto_hash_sha256_init(&state);
    while ((got = read(fd, piece, sizeof(piece))) != 0) {
        if (got < 0 && errno != EINTR)
            return false;
        if (got < 0)
            continue;
        crypto_hash_sha256_update(&state, piece, (size_t)got);
        *ret_bytes += got;
    }
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(ret_name, TB_STORE_NAME_BYTES, hash, sizeof(hash));
    return true;
}

enum tb_err tb_store_open(const char *folder, const char *name, int64_t bytes, int *ret_fd)
{
    char path[PATH_BYTES];
    char found[TB_STORE_NAME_BYTES];
    int64_t found_bytes;
    (void)snprintf(path, sizeof(path), "%.2s/%s", name, name + 2);
    int within = open_folder(folder);
    int fd = within >= 0 ? openat(within, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
    close_quietly(within);
    if (fd < 0)
        return within >= 0 && errno == ENOENT ? TB_ERR_NOT_FOUND : TB_ERR_IO;
    enum tb_err err = TB_OK;
    if (!hash_file(fd, found, &found_bytes) || lseek(fd, 0, SEEK_SET) != 0)
        err = TB_ERR_IO;
    else if (found_bytes != bytes || strcmp(found, name) != 0)
        err = TB_ERR_INVALID;
    if (err == TB_OK)
        *ret_fd = fd;
    else
        close_quietly(fd);
    return err;
}
