// A disk that loses power, for one process: loaded with LD_PRELOAD, it keeps beside a directory an image of what of it is durable.
// Written bytes come into the image when they are synced, by fsync, fdatasync or an O_SYNC or O_DSYNC descriptor; names
// when their directory is. Nothing else does, which is the worst that a disk may do with what it was not told to keep. To cut
// the power is to kill the process and to put the image in the place of the directory.
//
//   POWER_ROOT   the directory, absolute
//   POWER_IMAGE  where the image is kept, on the same file system: names/ as in the directory, inodes/ the contents by inode
//
// Memory maps and asynchronous I/O are not followed: neither the log nor RocksDB, as it is set up here, writes by them.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 65536
#define INODES 4096

// What was written and not synced, from `from` to `to`; `whole` when that is not known.
struct inode { ino_t number; off_t from, to; int whole; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct inode inodes[INODES];
static int inode_count;
static struct { short inode; char synced; } fds[FDS]; // inode: index + 1, 0 for none
static char root[PATH_MAX], image[PATH_MAX];

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_sync_file_range)(int, off_t, off_t, unsigned);
static int (*real_ftruncate)(int, off_t);

static void fail(const char *what) {
  fprintf(stderr, "power layer: %s: %s\n", what, strerror(errno));
  _exit(99);
}

static void path_of(char *to, const char *format, const char *a, const char *b) {
  if (snprintf(to, PATH_MAX, format, image, a, b) >= PATH_MAX) fail("a path is too long");
}

static void inode_path(char *to, ino_t number) {
  char text[32];
  snprintf(text, sizeof text, "%lu", (unsigned long)number);
  path_of(to, "%s/inodes/%s%s", text, "");
}

// Copies a range of an open file to the image of its inode, which is made if need be.
static void keep(int fd, ino_t number, off_t from, off_t to) {
  char path[PATH_MAX];
  inode_path(path, number);
  char self[64];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  int in = real_open(self, O_RDONLY), out = real_open(path, O_CREAT | O_WRONLY, 0600);
  if (in < 0 || out < 0) fail(path);
  static char buffer[1 << 16];
  for (off_t at = from; at < to;) {
    size_t wanted = to - at < (off_t)sizeof buffer ? (size_t)(to - at) : sizeof buffer;
    ssize_t got = pread(in, buffer, wanted, at);
    if (got < 0) fail("read");
    if (got == 0) break;
    if (real_pwrite(out, buffer, got, at) != got) fail("write");
    at += got;
  }
  real_close(in);
  real_close(out);
}

static void sync_inode(int fd, struct inode *inode) {
  struct stat stat;
  if (fstat(fd, &stat) != 0) fail("stat");
  if (inode->whole) keep(fd, inode->number, 0, stat.st_size);
  else keep(fd, inode->number, inode->from, inode->to);
  char path[PATH_MAX];
  inode_path(path, inode->number);
  if (truncate(path, stat.st_size) != 0) fail("truncate");
  inode->from = inode->to = 0;
  inode->whole = 0;
}

// Makes the names of a directory durable: `relative` begins with a slash, or is empty.
static void sync_names(const char *relative) {
  char from[PATH_MAX * 2], to[PATH_MAX], name[PATH_MAX], content[PATH_MAX], fresh[PATH_MAX];
  snprintf(from, sizeof from, "%s%s", root, relative);
  path_of(to, "%s/names%s%s", relative, "");
  path_of(fresh, "%s/fresh%s%s", "", "");
  // As file systems do it, a synced directory can be found, though its parent was not synced.
  for (char *end = to + strlen(image) + 1; (end = strchr(end, '/')) != NULL; *end++ = '/') {
    *end = 0;
    if (mkdir(to, 0700) != 0 && errno != EEXIST) fail(to);
  }
  if (mkdir(to, 0700) != 0 && errno != EEXIST) fail(to);
  DIR *directory = opendir(from);
  if (directory == NULL) return;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    struct stat stat, kept;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (fstatat(dirfd(directory), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (snprintf(name, sizeof name, "%s/%s", to, entry->d_name) >= PATH_MAX) fail("a path is too long");
    if (S_ISDIR(stat.st_mode)) {
      if (mkdir(name, 0700) != 0 && errno != EEXIST) fail(name);
      continue;
    }
    inode_path(content, stat.st_ino);
    int made = real_open(content, O_CREAT | O_WRONLY, 0600);
    if (made < 0 || fstat(made, &kept) != 0) fail(content);
    real_close(made);
    struct stat there;
    if (lstat(name, &there) == 0 && there.st_ino == kept.st_ino) continue;
    unlink(fresh);
    if (link(content, fresh) != 0 || rename(fresh, name) != 0) fail(name);
  }
  closedir(directory);
  // Only now what is gone: a crash within this leaves more, not less.
  directory = opendir(to);
  for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
    struct stat stat;
    char source[PATH_MAX * 3];
    snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
    if (lstat(source, &stat) == 0) continue;
    if (unlinkat(dirfd(directory), entry->d_name, 0) != 0) unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR);
  }
  if (directory != NULL) closedir(directory);
}

// Whether the open file or directory lies within the root; its path there.
static int within(int fd, char *relative) {
  char self[64], path[PATH_MAX];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(self, path, sizeof path - 1);
  size_t start = strlen(root);
  if (length < 0 || start == 0) return 0;
  path[length] = 0;
  if (strncmp(path, root, start) != 0 || (path[start] != '/' && path[start] != 0)) return 0;
  strcpy(relative, path + start);
  return 1;
}

// Descriptors are also closed by system calls that are not seen here, and their numbers given to others.
static struct inode *inode_of(int fd) {
  if (fd < 0 || fd >= FDS || fds[fd].inode == 0) return NULL;
  struct inode *inode = &inodes[fds[fd].inode - 1];
  struct stat stat;
  if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_ino == inode->number) return inode;
  fds[fd].inode = 0;
  return NULL;
}

static void opened(int fd, int flags, int is_new) {
  char relative[PATH_MAX];
  struct stat stat;
  if (fd < 0 || fd >= FDS) return;
  fds[fd].inode = 0;
  if ((flags & O_ACCMODE) == O_RDONLY || !within(fd, relative)) return;
  if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) return;
  pthread_mutex_lock(&lock);
  int at = 0;
  while (at < inode_count && inodes[at].number != stat.st_ino) at++;
  if (at == INODES) fail("too many files");
  if (is_new) {
    // The number may have been another file's, of which a name may still be durable.
    char path[PATH_MAX];
    inode_path(path, stat.st_ino);
    unlink(path);
  }
  if (at == inode_count || is_new || (flags & O_TRUNC)) {
    if (at == inode_count) inode_count++;
    // What an earlier process wrote may not be durable yet, and is so by the first sync.
    inodes[at] = (struct inode){.number = stat.st_ino, .whole = !is_new};
  }
  fds[fd].inode = at + 1;
  fds[fd].synced = (flags & (O_DSYNC | O_SYNC)) != 0;
  pthread_mutex_unlock(&lock);
}

static void wrote(int fd, off_t from, ssize_t bytes) {
  struct inode *inode = inode_of(fd);
  if (inode == NULL || bytes <= 0) return;
  pthread_mutex_lock(&lock);
  if (fds[fd].synced) keep(fd, inode->number, from, from + bytes);
  else if (inode->from == inode->to) inode->from = from, inode->to = from + bytes;
  else {
    if (from < inode->from) inode->from = from;
    if (from + bytes > inode->to) inode->to = from + bytes;
  }
  pthread_mutex_unlock(&lock);
}

static void synced(int fd) {
  char relative[PATH_MAX];
  struct inode *inode = inode_of(fd);
  if (inode == NULL && !within(fd, relative)) return;
  pthread_mutex_lock(&lock);
  struct stat stat;
  if (inode != NULL) sync_inode(fd, inode);
  else if (fstat(fd, &stat) == 0 && S_ISDIR(stat.st_mode)) sync_names(relative);
  pthread_mutex_unlock(&lock);
}

// What lies in the directory before anything is traced is durable.
static void take(const char *relative) {
  char from[PATH_MAX * 2], below[PATH_MAX * 2];
  snprintf(from, sizeof from, "%s%s", root, relative);
  DIR *directory = opendir(from);
  if (directory == NULL) return;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    struct stat stat;
    int fd = openat(dirfd(directory), entry->d_name, O_RDONLY);
    if (fd < 0 || fstat(fd, &stat) != 0) fail(entry->d_name);
    if (S_ISREG(stat.st_mode)) keep(fd, stat.st_ino, 0, stat.st_size);
    real_close(fd);
  }
  sync_names(relative);
  rewinddir(directory);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    struct stat stat;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (fstatat(dirfd(directory), entry->d_name, &stat, 0) != 0 || !S_ISDIR(stat.st_mode)) continue;
    snprintf(below, sizeof below, "%s/%s", relative, entry->d_name);
    take(below);
  }
  closedir(directory);
}

#define REAL(name) if (real_##name == NULL) *(void **)&real_##name = dlsym(RTLD_NEXT, #name)

static void find_real(void) {
  REAL(open); REAL(openat); REAL(close); REAL(write); REAL(pwrite); REAL(writev); REAL(pwritev);
  REAL(fsync); REAL(fdatasync); REAL(sync_file_range); REAL(ftruncate);
}

__attribute__((constructor)) static void begin(void) {
  find_real();
  const char *directory = getenv("POWER_ROOT"), *kept = getenv("POWER_IMAGE");
  if (directory == NULL || kept == NULL) return;
  char path[PATH_MAX];
  strncpy(image, kept, sizeof image - 1);
  path_of(path, "%s/inodes%s%s", "", "");
  int first = mkdir(image, 0700) == 0;
  if (first && mkdir(path, 0700) != 0) fail(path);
  strncpy(root, directory, sizeof root - 1);
  if (first) take("");
}

// ---- in the place of the C library's ----

static int mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, int) : 0;
}

#define OPEN(name, real, parameters, at, call) \
  int name parameters { \
    va_list arguments; \
    va_start(arguments, flags); \
    int mode = mode_of(flags, arguments); \
    va_end(arguments); \
    find_real(); \
    struct stat before; \
    int is_new = (flags & O_CREAT) != 0 && fstatat(at, path, &before, 0) != 0; \
    int fd = call; \
    int error = errno; \
    opened(fd, flags, is_new); \
    errno = error; \
    return fd; \
  }

OPEN(open, open, (const char *path, int flags, ...), AT_FDCWD, real_open(path, flags, mode))
OPEN(open64, open, (const char *path, int flags, ...), AT_FDCWD, real_open(path, flags | O_LARGEFILE, mode))
OPEN(openat, openat, (int at, const char *path, int flags, ...), at, real_openat(at, path, flags, mode))
OPEN(openat64, openat, (int at, const char *path, int flags, ...), at, real_openat(at, path, flags | O_LARGEFILE, mode))

int close(int fd) {
  find_real();
  if (fd >= 0 && fd < FDS) fds[fd].inode = 0;
  return real_close(fd);
}

#define AFTER(type, call, then) \
  find_real(); \
  type result = call; \
  int error = errno; \
  then; \
  errno = error; \
  return result;

// A descriptor that appends stands behind what it wrote.
static off_t began(int fd, ssize_t bytes) { return inode_of(fd) == NULL ? 0 : lseek(fd, 0, SEEK_CUR) - bytes; }

ssize_t write(int fd, const void *from, size_t bytes) {
  AFTER(ssize_t, real_write(fd, from, bytes), wrote(fd, began(fd, result), result))
}
ssize_t writev(int fd, const struct iovec *from, int count) {
  AFTER(ssize_t, real_writev(fd, from, count), wrote(fd, began(fd, result), result))
}
ssize_t pwrite(int fd, const void *from, size_t bytes, off_t at) {
  AFTER(ssize_t, real_pwrite(fd, from, bytes, at), wrote(fd, at, result))
}
ssize_t pwrite64(int fd, const void *from, size_t bytes, off_t at) { return pwrite(fd, from, bytes, at); }
ssize_t pwritev(int fd, const struct iovec *from, int count, off_t at) {
  AFTER(ssize_t, real_pwritev(fd, from, count, at), wrote(fd, at, result))
}
ssize_t pwritev64(int fd, const struct iovec *from, int count, off_t at) { return pwritev(fd, from, count, at); }
int fsync(int fd) { AFTER(int, real_fsync(fd), if (result == 0) synced(fd)) }
int fdatasync(int fd) { AFTER(int, real_fdatasync(fd), if (result == 0) synced(fd)) }
// Promises nothing of the file's size or of the disk's cache: what it starts to write may be lost.
int sync_file_range(int fd, off_t at, off_t bytes, unsigned flags) {
  find_real();
  return real_sync_file_range(fd, at, bytes, flags);
}
static void cut(int fd) {
  struct inode *inode = inode_of(fd);
  if (inode != NULL) inode->whole = 1;
}
int ftruncate(int fd, off_t bytes) { AFTER(int, real_ftruncate(fd, bytes), cut(fd)) }
int ftruncate64(int fd, off_t bytes) { return ftruncate(fd, bytes); }
