# --build-id puts a section at the end; the last of several options wins.
#! link: a.o --no-entry --export=run --build-id
#! link: a.o --no-entry --export=run --build-id=sha1 --build-id=fast
#! dump: build_id
#!   "\10l\05\81p[\06X\cf\b4 r\d4\ea_\11:"
.globl run
run: .functype run () -> ()
    end_function
