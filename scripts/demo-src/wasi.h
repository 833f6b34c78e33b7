/* Included before every file of the demo: what SQLite expects of a Unix and WASI has not. */
#pragma once
#define geteuid() 0
#define getuid() 0
#define fchown(file, user, group) 0
#define fchmod(file, mode) 0
