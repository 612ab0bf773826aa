"""What the exercise's own analysis makes of a Python client's log: its ten lines, by the same definitions as Paceline's.

    python3 analyse_log.py LOG KEYS LIMIT

Written from what the exercise says of that analysis, in the plain way of such scripts: a line at a time, a regular
expression, strptime, and counts for each second. It keeps no list of events, so it is rather faster than most.
"""

import json
import os
import re
import resource
import sys
from collections import Counter
from datetime import datetime

LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - \S+ - [A-Z]+ - (.*)")
RESPONSE = re.compile(r"API response: status (\d{3}), resp (\{.*\})$")
IGNORED = re.compile(r"ignoring request (\S+) (from queue|in limiter) due to TTL$")
REQUESTS = re.compile(r"Requests (\d+)$")
ORDER_ID = re.compile(r"'req_id': '(\d+)'")


def analyse(file, cap):
    left, accepted, in_queue, in_limiter = Counter(), Counter(), Counter(), Counter()
    exceeds = bans = nonce_errors = 0
    counts = []
    smallest = largest = None
    first = last = None

    with open(file, encoding="utf-8") as log:
        for line in log:
            match = LINE.match(line)
            if match is None:
                continue
            message = match[2]
            response = RESPONSE.match(message)
            ignored = None if response else IGNORED.match(message)
            requests = None if response or ignored else REQUESTS.match(message)
            if not (response or ignored or requests):
                continue
            time = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S,%f")
            if first is None:
                first = time
            last = time
            if requests:
                counts.append(int(requests[1]))
                continue
            since = time - first
            second = since.days * 86400 + since.seconds
            left[second] += 1
            number = None
            if ignored:
                (in_queue if ignored[2] == "from queue" else in_limiter)[second] += 1
                number = int(ignored[1])
            else:
                status, resp = response[1], response[2]
                order = ORDER_ID.search(resp)
                number = int(order[1]) if order else None
                if status == "200":
                    accepted[second] += 1
                elif status == "403" or (status == "429" and "blocked" in resp):
                    bans += 1
                elif status == "429":
                    exceeds += 1
                elif status == "400" and "nonce" in resp:
                    nonce_errors += 1
            if number is not None:
                smallest = number if smallest is None else min(smallest, number)
                largest = number if largest is None else max(largest, number)

    total = last - first
    windows = total.days * 86400 + total.seconds
    if windows == 0:
        raise SystemExit("analyse_log.py: the log is shorter than a second")
    per_window = range(windows)
    if counts:
        rate = sum(counts) / len(counts)
    else:
        rate = (largest - smallest + 1) / total.total_seconds()
    possible = sum(min(cap, left[k]) for k in per_window) / windows
    print(f"Average Requests Rate: {rate}")
    print(f"Max Possible Throughput: {int(possible) if possible == int(possible) else possible}")
    print(f"Average Throughput: {sum(accepted[k] for k in per_window) / windows}")
    print(f"Lowest Throughput: {min(accepted[k] for k in per_window)}")
    print(f"Average Ignored from Queue: {sum(in_queue[k] for k in per_window) / windows}")
    print(f"Average Limited by Limiter: {sum(in_limiter[k] for k in per_window) / windows}")
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
