# --build-id=sha1 and tree are the SHA-1 of the file.
#! link: a.o --no-entry --export=run --build-id=sha1
#! link: a.o --no-entry --export=run --build-id=tree
#! dump: build_id
#!   "\14\e1\9a\e7\0b\e7\03\eb\eau\d5&\90i7x\a0\ef K\f6"
.globl run
run: .functype run () -> ()
    end_function
