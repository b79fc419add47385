"""What the test driver and its suites share."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build")
LOGS = os.path.join(BUILD, "test-logs")


class Skip(Exception):
    """The suite cannot run here, and that is no fault of the code."""


def log_path(name):
    return os.path.join(LOGS, name + ".log")


def parse_totals(text):
    """The numbers of the last line that reads "N passed, N failed"."""
    totals = re.findall(r"^(\d+) passed, (\d+) failed", text, re.M)
    return (int(totals[-1][0]), int(totals[-1][1])) if totals else (0, 0)
