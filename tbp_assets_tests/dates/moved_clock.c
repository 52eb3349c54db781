/* Loaded before the C library, it moves the date by MOVED_BY seconds, and the times of files with it.
   Clocks that only measure how long something takes, and so every wait, stay as they are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FILE_TIMES(call, found) { int failed = call; if (!failed) moved(found); return failed; }

static void moved(struct stat *found)
{
    found->st_mtim.tv_sec += MOVED_BY;
    found->st_ctim.tv_sec += MOVED_BY;
    found->st_atim.tv_sec += MOVED_BY;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static __typeof__(&clock_gettime) real;
    if (!real)
        real = REAL(clock_gettime);
    int failed = real(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += MOVED_BY;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec found;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *now)
{
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (now)
        *now = found.tv_sec;
    return found.tv_sec;
}

int stat(const char *restrict path, struct stat *restrict found) FILE_TIMES(REAL(stat)(path, found), found)
int lstat(const char *restrict path, struct stat *restrict found) FILE_TIMES(REAL(lstat)(path, found), found)
int fstat(int file, struct stat *found) FILE_TIMES(REAL(fstat)(file, found), found)
int fstatat(int at, const char *restrict path, struct stat *restrict found, int flags)
    FILE_TIMES(REAL(fstatat)(at, path, found, flags), found)
int stat64(const char *restrict path, struct stat64 *restrict found)
    FILE_TIMES(REAL(stat64)(path, found), (struct stat *)found)
int lstat64(const char *restrict path, struct stat64 *restrict found)
    FILE_TIMES(REAL(lstat64)(path, found), (struct stat *)found)
int fstat64(int file, struct stat64 *found) FILE_TIMES(REAL(fstat64)(file, found), (struct stat *)found)
int fstatat64(int at, const char *restrict path, struct stat64 *restrict found, int flags)
    FILE_TIMES(REAL(fstatat64)(at, path, found, flags), (struct stat *)found)

static const struct timespec *unmoved(const struct timespec *given, struct timespec set[2])
{
    if (!given)
        return given;
    for (int n = 0; n < 2; n++) {
        set[n] = given[n];
        if (set[n].tv_nsec != UTIME_NOW && set[n].tv_nsec != UTIME_OMIT)
            set[n].tv_sec -= MOVED_BY;
    }
    return set;
}

int utimensat(int at, const char *path, const struct timespec times[2], int flags)
{
    struct timespec set[2];
    return REAL(utimensat)(at, path, unmoved(times, set), flags);
}

int futimens(int file, const struct timespec times[2])
{
    struct timespec set[2];
    return REAL(futimens)(file, unmoved(times, set));
}
