/* A small SQL shell: runs the statements of standard input on a database in memory and prints each result as a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sqlite3.h"

/* All of standard input, zero-terminated; NULL if memory runs out. */
static char *read_input(void) {
  size_t length = 0, room = 1 << 16;
  char *text = malloc(room);
  while (text) {
    length += fread(text + length, 1, room - 1 - length, stdin);
    if (length < room - 1) {
      text[length] = 0;
      return text;
    }
    char *larger = realloc(text, room *= 2);
    if (!larger) free(text);
    text = larger;
  }
  return NULL;
}

/* Steps through one statement; prints the column names once, then the rows. */
static int run_statement(sqlite3_stmt *statement) {
  int columns = sqlite3_column_count(statement), rows = 0, code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    if (rows++ == 0)
      for (int i = 0; i < columns; i++)
        printf("%s%s", sqlite3_column_name(statement, i), i + 1 < columns ? " | " : "\n");
    for (int i = 0; i < columns; i++) {
      const unsigned char *value = sqlite3_column_text(statement, i);
      printf("%s%s", value ? (const char *)value : "NULL", i + 1 < columns ? " | " : "\n");
    }
  }
  if (rows) puts("");
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int main(void) {
  sqlite3 *db;
  char *input = read_input();
  if (!input || sqlite3_open(":memory:", &db) != SQLITE_OK) {
    fputs("cannot open a database\n", stderr);
    return 2;
  }
  int code = SQLITE_OK;
  for (const char *next = input; *next && code == SQLITE_OK;) {
    sqlite3_stmt *statement;
    code = sqlite3_prepare_v2(db, next, -1, &statement, &next);
    if (code == SQLITE_OK && statement) code = run_statement(statement);
    sqlite3_finalize(statement);
  }
  if (code != SQLITE_OK) fprintf(stderr, "error: %s\n", sqlite3_errmsg(db));
  sqlite3_close(db);
  free(input);
  return code != SQLITE_OK;
}
