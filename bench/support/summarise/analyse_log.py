"""What the exercise's own analysis makes of a Python client's log: its ten lines, by the arithmetic of Paceline's classic form.

    python3 analyse_log.py LOG KEYS LIMIT

Written from what the exercise says of that analysis, in the plain way of such scripts: a line at a time, a regular
expression, strptime, and counts for each window. It keeps no list of events, so it is rather faster than most.
"""

import json
import os
import re
import resource
import sys
from datetime import datetime, timedelta

LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - \S+ - [A-Z]+ - (.*)")
RESPONSE = re.compile(r"API response: status (\d{3}), resp (\{.*\})$")
IGNORED = re.compile(r"ignoring request (\S+) (from queue|in limiter) due to TTL$")
REQUESTS = re.compile(r"Requests (\d+)$")
SECOND = timedelta(seconds=1)
ORDER_ID = re.compile(r"'req_id': '(\d+)'")


def analyse(file, cap):
    window = [0, 0, 0]
    accepted, in_queue, in_limiter = [], [], []
    exceeds = bans = nonce_errors = 0
    counts = []
    smallest = largest = None
    first = last = opened = None

    with open(file, encoding="utf-8") as log:
        for line in log:
            match = LINE.match(line)
            if match is None:
                continue
            time = last = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S,%f")
            message = match[2]
            response = RESPONSE.match(message)
            ignored = None if response else IGNORED.match(message)
            number = int(ignored[1]) if ignored else None
            if response:
                order = ORDER_ID.search(response[2])
                number = int(order[1]) if order else None
            if number is not None:
                smallest = number if smallest is None else min(smallest, number)
                largest = number if largest is None else max(largest, number)
            if first is None:
                first = opened = time
                continue
            if time - opened >= SECOND:
                for each, count in zip((accepted, in_queue, in_limiter), window):
                    each.append(count)
                window = [0, 0, 0]
                opened = time
                continue
            requests = None if response or ignored else REQUESTS.match(message)
            if requests:
                counts.append(int(requests[1]))
            elif ignored:
                window[1 if ignored[2] == "from queue" else 2] += 1
            elif response:
                status, resp = response[1], response[2]
                if status == "200":
                    window[0] += 1
                elif status in ("403", "429") and "blocked" in resp:
                    bans += 1
                elif status == "429":
                    exceeds += 1
                elif status == "400" and "nonce" in resp:
                    nonce_errors += 1

    total = last - first
    windows = len(accepted)
    if windows == 0:
        raise SystemExit("analyse_log.py: the log is shorter than a second")
    if counts:
        rate = sum(counts) / len(counts)
    else:
        rate = (largest - smallest + 1) / total.total_seconds()
    print(f"Average Requests Rate: {rate}")
    print(f"Max Possible Throughput: {min(cap, rate)}")
    print(f"Average Throughput: {sum(accepted) / windows}")
    print(f"Lowest Throughput: {min(accepted)}")
    print(f"Average Ignored from Queue: {sum(in_queue) / windows}")
    print(f"Average Limited by Limiter: {sum(in_limiter) / windows}")
    print(f"Exceeds: {exceeds}")
    print(f"Bans: {bans}")
    print(f"Nonce Errors: {nonce_errors}")
    print(f"Total Time: {total}")


def report_usage():
    """Tells the bench what this process has used, on file descriptor 3."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    peak_kib = usage.ru_maxrss / 1024 if sys.platform == "darwin" else usage.ru_maxrss
    cpu_micros = (usage.ru_utime + usage.ru_stime) * 1e6
    os.write(3, json.dumps({"peakKib": peak_kib, "cpuMicros": cpu_micros}).encode())


analyse(sys.argv[1], int(sys.argv[2]) * int(sys.argv[3]))
report_usage()
