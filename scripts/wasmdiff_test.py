"""Tests of scripts/wasmdiff.py on small modules written by hand."""
import sys
import unittest

sys.dont_write_bytecode = True
import wasmdiff  # noqa: E402


def section(number, contents):
    return bytes([number, len(contents)]) + contents


def custom(name, contents):
    return section(0, bytes([len(name)]) + name.encode() + contents)


def module(function=b"\x41\x01\x1a\x0b", export=b"run", data=b"hello", names=b"run", tail=b""):
    """One function, one memory, one export, one data segment, and a name section."""
    body = b"\x00" + function
    parts = [
        section(1, b"\x01\x60\x00\x00"),
        section(2, b"\x01\x03env\x03put\x00\x00"),
        section(3, b"\x01\x00"),
        section(5, b"\x01\x00\x01"),
        section(7, b"\x01" + bytes([len(export)]) + export + b"\x00\x01"),
        section(10, b"\x01" + bytes([len(body)]) + body),
        section(11, b"\x01\x00\x41\x08\x0b" + bytes([len(data)]) + data),
        custom("name", section(1, b"\x02\x00\x03put\x01" + bytes([len(names)]) + names)),
    ]
    return b"\0asm\x01\0\0\0" + b"".join(parts) + tail


def differences(a, b):
    return wasmdiff.compare(wasmdiff.Module(a), wasmdiff.Module(b))


class Compare(unittest.TestCase):
    def test_same_bytes(self):
        self.assertEqual(differences(module(), module()), ([], []))

    def test_names_are_not_the_program(self):
        program, rest = differences(module(), module(names=b"runs"))
        self.assertEqual(program, [])
        self.assertEqual(rest, ["custom section name: function names (2 and 2), entry 1: 1 `run` / 1 `runs`"])

    def test_a_body(self):
        program, rest = differences(module(), module(function=b"\x41\x02\x1a\x0b"))
        self.assertEqual(rest, [])
        self.assertEqual(len(program), 1)
        self.assertIn("code: 1 entries, 1 differ; first #1 `run`: 5 bytes, first at offset 0x2: 01 1a 0b", program[0])

    def test_an_export_and_a_segment(self):
        program, _ = differences(module(), module(export=b"ran", data=b"hellO"))
        self.assertIn("export: 1 entries, 1 differ; first #0: `run` = function 1 / `ran` = function 1", program)
        self.assertIn("data: 1 entries, 1 differ; first #0 (flags 0, at i32.const 8): 5 bytes, first at offset 0x4: 6f / 4f",
                      program)

    def test_a_custom_section_more(self):
        program, rest = differences(module(), module(tail=custom("producers", b"\x00")))
        self.assertEqual((program, rest), ([], ["custom section producers: only in the second"]))

    def test_wider_numbers_are_the_same_program(self):
        wide = module().replace(section(3, b"\x01\x00"), section(3, b"\x81\x80\x00\x00"))
        program, rest = differences(module(), wide)
        self.assertEqual((program, rest), ([], ["function: the same entries, encoded otherwise"]))

    def test_wider_section_size(self):
        wide = module().replace(b"\x03\x02\x01\x00", b"\x03\x82\x00\x01\x00")
        program, rest = differences(module(), wide)
        self.assertEqual(program, [])
        self.assertIn("encoding of section headers", rest[0])

    def test_malformed(self):
        with self.assertRaises(wasmdiff.Malformed):
            wasmdiff.Module(module()[:-1])
        with self.assertRaises(wasmdiff.Malformed):
            wasmdiff.Module(b"ELF")


if __name__ == "__main__":
    unittest.main()
