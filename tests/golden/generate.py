#!/usr/bin/python3
"""Writes the golden vectors of the calendar, next to this file.

An oracle of its own: Python's datetime and zoneinfo (the system's IANA data), no code shared with
src/settlement. Instants are found by walking through time, not by the rules that the C code uses.
Run it again only when a vector is added; its output is committed.
"""
import calendar
import csv
import pathlib
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

HERE = pathlib.Path(__file__).parent
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def write(name, header, rows):
    with open(HERE / name, "w", newline="", encoding="ascii") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def ms(instant):
    return (instant - EPOCH) // timedelta(milliseconds=1)


def month_begin(day, ahead=0):
    index = day.year * 12 + day.month - 1 + ahead
    return date(index // 12, index % 12 + 1, 1)


def quarter_begin(day):
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def date_row(day):
    iso = day.isocalendar()
    quarter = quarter_begin(day)
    return [day, (day - date(1970, 1, 1)).days, day.isoweekday(),
            f"{iso.year}-W{iso.week:02}", date.fromisocalendar(iso.year, iso.week, 1),
            f"{day:%Y-%m}", month_begin(day, 1),
            f"{day.year}-Q{(day.month - 1) // 3 + 1}", quarter, month_begin(quarter, 3),
            f"{day.year}", date(day.year + 1, 1, 1)]


def dates():
    days = set()
    for year in [1900, 1901, *range(1968, 1973), *range(1990, 2061), 2099, 2100, 2101, 2199]:
        days.update(date(year, 12, 26) + n * DAY for n in range(12))
    for year in (1900, 1904, 2000, 2012, 2014, 2015, 2016, 2020, 2100):
        days.update(date(year, 2, 27) + n * DAY for n in range(4))
    for month in range(1, 13):
        days.update((date(2014, month, 1), month_begin(date(2014, month, 1), 1) - DAY))
    days.update((date(1900, 1, 1), date(2200, 12, 31)))
    return [date_row(day) for day in sorted(days)]


def add_months(day, months):
    first = month_begin(day, months)
    return first.replace(day=min(day.day, calendar.monthrange(first.year, first.month)[1]))


def months():
    starts = [date(2014, 1, 31), date(2012, 2, 29), date(2000, 2, 29), date(2014, 5, 15),
              date(2013, 12, 31), date(1970, 1, 1), date(2100, 3, 31)]
    steps = (-25, -13, -12, -11, -1, 0, 1, 2, 11, 12, 13, 48)
    return [[day, step, add_months(day, step)] for day in starts for step in steps]


def first_at(zone, day, hour=0):
    """The first instant whose local time has reached the hour of `day`, by walking in minutes."""
    local = datetime(day.year, day.month, day.day, hour)
    instant = datetime(day.year, day.month, day.day, hour, tzinfo=timezone.utc) - timedelta(hours=27)
    while instant.astimezone(zone).replace(tzinfo=None) < local:
        instant += timedelta(minutes=1)
    return instant


def begin_of(zone, day):
    return first_at(zone, day)


# 23- and 25-hour days, midnights that are skipped or struck twice, a date that was left out, China's
# summer time of 1986 to 1991 (and of the 1940s), the year end, and zones whose offset is no whole hour.
ZONE_DAYS = {
    "Asia/Shanghai": ["1940-06-01", "1949-05-28", "1970-01-01", "1986-05-04", "1986-09-14", "1987-04-12", "1987-09-13",
                      "1988-04-17", "1988-09-11", "1989-04-16", "1989-09-17", "1990-04-15",
                      "1990-09-16", "1991-04-14", "1991-09-15", "1992-04-12", "2000-02-29",
                      "2014-06-30", "2014-12-31", "2037-07-01", "2100-03-01"],
    "Europe/Berlin": ["1980-04-06", "2014-03-30", "2014-10-26", "2014-12-31", "2040-03-25"],
    "America/Sao_Paulo": ["2014-02-16", "2014-10-19", "2018-11-04", "2019-02-17", "2024-10-20"],
    "America/Havana": ["2014-03-09", "2014-11-02"],
    "Asia/Kathmandu": ["1986-01-01", "2014-06-30"],
    "Australia/Lord_Howe": ["2014-04-06", "2014-10-05"],
    "Pacific/Apia": ["2011-09-24", "2011-12-30", "2012-04-01"],
    "Asia/Pyongyang": ["2015-08-15", "2018-05-05"],
    "Africa/Casablanca": ["2019-05-05", "2019-06-09"],
    "America/St_Johns": ["2006-04-02", "2006-10-29"],
    "Antarctica/Troll": ["2014-03-30", "2014-10-26"],
    "Pacific/Kiritimati": ["2014-06-30"],
    "UTC": ["2014-06-30"],
}


def zone_days():
    for name, texts in ZONE_DAYS.items():
        for text in texts:
            for day in (date.fromisoformat(text) + n * DAY for n in (-1, 0, 1)):
                yield name, ZoneInfo(name), day


def begins():
    return [[name, day, ms(begin_of(zone, day))] for name, zone, day in zone_days()]


def instants():
    """The local date one millisecond before and at each begin, and within the day."""
    rows = []
    for name, zone, day in zone_days():
        begin = begin_of(zone, day)
        for instant in (begin - timedelta(milliseconds=1), begin, begin + timedelta(hours=22.9)):
            rows.append([name, ms(instant), instant.astimezone(zone).date()])
    return rows


# The State Council's holidays of 2014: from, to, make-up working days.
HOLIDAYS_2014 = [("2014-01-01", "2014-01-01", []),
                 ("2014-01-31", "2014-02-06", ["2014-01-26", "2014-02-08"]),
                 ("2014-04-05", "2014-04-07", []),
                 ("2014-05-01", "2014-05-03", ["2014-05-04"]),
                 ("2014-05-31", "2014-06-02", []),
                 ("2014-09-06", "2014-09-08", []),
                 ("2014-10-01", "2014-10-07", ["2014-09-28", "2014-10-11"])]


def holidays():
    kinds = {}
    for first, last, worked in HOLIDAYS_2014:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            kinds[day] = "holiday"
            day += DAY
        kinds.update((date.fromisoformat(text), "working_day") for text in worked)
    return kinds


def is_off(day, kinds):
    return kinds.get(day, "holiday" if day.isoweekday() >= 6 else "working_day") == "holiday"


def week_due(monday, kinds):
    day = monday + 9 * DAY
    while is_off(day, kinds):
        day += DAY
    return day


# Weeks by cut-offs that a district may set, as days and hours after their end.
CUTOFFS = [(0, 1), (0, 12), (1, 0), (2, 18), (3, 0), (6, 0), (6, 23)]


def cutoffs():
    kinds = holidays()
    rows = []
    for name, mondays in (("Asia/Shanghai", ["2014-04-21", "2014-05-12", "2014-09-22", "2014-12-22"]),
                          ("Europe/Berlin", ["2014-03-17", "2014-10-13"]),
                          ("America/Havana", ["2014-03-03", "2014-10-20"])):
        zone = ZoneInfo(name)
        for monday in map(date.fromisoformat, mondays):
            for days, hours in CUTOFFS:
                last = monday + (7 + days - (hours == 0)) * DAY
                while is_off(last, kinds):
                    last += DAY
                due = first_at(zone, last, hours) if hours else begin_of(zone, last + DAY)
                rows.append([name, monday, days, hours, ms(due)])
    return rows


def clocks():
    kinds = holidays()
    zones = [("Asia/Shanghai", date(2013, 12, 23), date(2015, 1, 5)),
             ("Europe/Berlin", date(2014, 3, 10), date(2014, 4, 14)),
             ("America/Sao_Paulo", date(2014, 9, 29), date(2014, 11, 3))]
    rows = []
    for name, first, last in zones:
        zone = ZoneInfo(name)
        monday = first
        while monday < last:
            due = ms(begin_of(zone, week_due(monday, kinds) + DAY))
            rows.append([name, "week", monday, ms(begin_of(zone, monday + 7 * DAY)), due])
            monday += 7 * DAY
    zone = ZoneInfo("Asia/Shanghai")
    for grain, span in (("month", 1), ("quarter", 3), ("year", 12)):
        for number in range(1, 13, span):
            begin = date(2014, number, 1)
            end_day = month_begin(begin, span) - DAY
            monday = end_day - (end_day.isoweekday() - 1) * DAY
            due = ms(begin_of(zone, week_due(monday, kinds) + DAY))
            rows.append(["Asia/Shanghai", grain, begin, due, due])
    return rows


def main():
    write("dates.csv", ["date", "days", "weekday", "week", "week_begin", "month", "month_end",
                        "quarter", "quarter_begin", "quarter_end", "year", "year_end"], dates())
    write("months.csv", ["date", "months", "result"], months())
    write("zone_begins.csv", ["zone", "date", "begin_ms"], begins())
    write("zone_dates.csv", ["zone", "instant_ms", "date"], instants())
    write("holidays.csv", ["date", "kind"], sorted(holidays().items()))
    write("cutoffs.csv", ["zone", "week", "days", "hours", "due_ms"], cutoffs())
    write("clocks.csv", ["zone", "grain", "begin", "freezes_ms", "due_ms"], clocks())


main()
