"""Files of other tools, as they write them, read whole: what is in them, what is missing, and where they are damaged."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from records.errors import RunDataError
from records.histogram import Histogram
from records.imported import Gap
from records.imports.form import Options, Unit
from records.imports.reading import Reading, read_files
from records.interchange import HEADER, encode
from records.series import Series
from records.window import Outcome

pytestmark = pytest.mark.integration
JMETER_HEAD = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n"
JMETER = (
    JMETER_HEAD + "1700000000000,120,Home,200,OK,u 1-1,text,true,,10,9,1,1,http://shop/,1,0,0\n"
    '1700000001100,220,Home,500,"Internal\nServer Error",u 1-1,text,false,,10,9,1,1,http://shop/,1,0,0\n'
    "1700000001900,30,Login,401,no,u 1-1,text,true,,10,9,1,1,http://shop/,1,0,0\n"
    '1700000000000,340,Visit,200,"Number of samples in transaction : 2, number of failing samples : 1",u 1-1,,false,,10,9,1,1,null,1,0,0\n'
)
K6_POINT = '{{"type":"Point","data":{{"time":"2023-11-14T22:13:{second}Z","value":{ms},"tags":{{"method":"GET","name":"https://shop/slots?day=1","status":"{status}","expected_response":"{ok}"}}}},"metric":"http_req_duration"}}\n'
GATLING = (
    "ASSERTION\tAAEC\nRUN\tshop.Sim\tsim\t1700000000000\t \t3.9.5\nUSER\tVisit\tSTART\t1700000000000\n"
    "REQUEST\t\tSlots\t1700000000000\t1700000000120\tOK\n"
    "REQUEST\tpay,card\tPay\t1700000001000\t1700000001900\tKO\tstatus.find.in(200), but actually found 502\n"
    "USER\tVisit\tEND\t1700000002000"
)
LOCUST_HEAD = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\n"
LOCUST = (
    LOCUST_HEAD + "GET,/slots,1000,10,50,55.5,10,900,100,100.0,1.0,50,60,70,80,100,150,200,300,700,900,900\n"
    ",Aggregated,1000,10,50,55.5,10,900,100,100.0,1.0,50,60,70,80,100,150,200,300,700,900,900\n"
)


def read(tmp_path: Path, text: str | bytes, options: Options | None = None, name: str = "file") -> Reading:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_files([path], options or Options(), (), intended_start=False)


def p_ms(series: Series, operation: str, quantile: float) -> float:
    value = series.histogram(series.response, 0, 1e6, [operation]).quantile_us(quantile)
    assert value is not None
    return value / 1000


def test_jmeter_csv_keeps_samples_and_leaves_transactions_out(tmp_path: Path) -> None:
    reading = read(tmp_path, JMETER)
    series = reading.tally.series()
    assert (reading.imported.origin, reading.tally.count, reading.tally.first_second) == (
        "JMeter (CSV)",
        3,
        1_700_000_000,
    )
    assert p_ms(series, "Home", 1.0) == pytest.approx(220, rel=1e-3)
    assert series.outcome_counts(0, 9, ["Login"])[Outcome.REFUSED] == 1
    assert series.outcome_counts(1, 2, ["Home"])[Outcome.SERVER_ERROR] == 1
    assert "1 × sum of a transaction controller" in (reading.imported.lacks(Gap.LEFT_OUT) or "")


def test_jmeter_xml_says_the_same_as_csv(tmp_path: Path) -> None:
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<testResults version="1.2">\n'
        '<sample t="340" ts="1700000000000" s="false" lb="Visit" rc="200" rm="Number of samples in transaction : 2, number of failing samples : 1">\n'
        '  <httpSample t="120" ts="1700000000000" s="true" lb="Home" rc="200" rm="OK"><httpSample t="60" ts="1700000000000" s="true" lb="part" rc="200" rm="OK"/></httpSample>\n'
        '  <httpSample t="220" ts="1700000001100" s="false" lb="Home" rc="500" rm="Internal"/>\n</sample>\n'
        '<httpSample t="30" ts="1700000001900" s="true" lb="Login" rc="401" rm="no"/>\n</testResults>\n'
    )
    csv, other = read(tmp_path, JMETER).tally.series(), read(tmp_path, xml).tally.series()
    assert csv.names == other.names
    assert csv.outcomes.count.tolist() == other.outcomes.count.tolist()
    assert p_ms(other, "Home", 1.0) == p_ms(csv, "Home", 1.0)
    with pytest.raises(RunDataError, match=r"line 8: t is \"\"; expected a whole number of ms"):
        read(tmp_path, xml.replace('<httpSample t="30"', '<httpSample t=""').replace("</sample>", "\n</sample>", 1))
    with pytest.raises(RunDataError, match="document type"):
        read(tmp_path, xml.replace("<testResults", '<!DOCTYPE a [<!ENTITY b "c">]><testResults', 1))


def test_k6_points_count_back_from_their_end(tmp_path: Path) -> None:
    head = '{"type":"Metric","data":{"name":"http_req_duration","type":"trend"},"metric":"http_req_duration"}\n'
    text = head + K6_POINT.format(second="21.100", ms=1200.5, status=200, ok="true")
    text += K6_POINT.format(second="21.900", ms=100, status=500, ok="false") + head.replace("duration", "waiting")
    text += (
        '{"type":"Point","data":{"time":"2023-11-14T22:13:22Z","value":3,"tags":null},"metric":"dropped_iterations"}\n'
    )
    reading = read(tmp_path, gzip.compress(text.encode()))
    series = reading.tally.series()
    assert series.outcomes.second.tolist() == [0, 2]  # 1.2 s before 21.1 is second 19
    assert series.names == ("GET /slots",)
    assert reading.imported.lacks(Gap.DROPPED)
    assert series.errors[0].text == "status 500"


def test_k6_csv_reads_as_its_json(tmp_path: Path) -> None:
    text = (
        "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata\n"
        "http_reqs,1700000001,1.000000,,,,true,,GET,https://shop/slots,HTTP/1.1,default,,200,,,https://shop/slots,,\n"
        "http_req_duration,1700000001,250.500000,,,,true,,GET,https://shop/slots,HTTP/1.1,default,,200,,,https://shop/slots,,\n"
    )
    reading = read(tmp_path, text)
    assert reading.imported.origin == "k6 (CSV)"
    assert reading.tally.count == 1
    assert p_ms(reading.tally.series(), "GET /slots", 1.0) == pytest.approx(250.5, rel=1e-3)


def test_gatling_text_of_old_and_new_versions(tmp_path: Path) -> None:
    new = read(tmp_path, GATLING).tally.series()
    old_text = GATLING.replace("REQUEST\t", "REQUEST\t7\t").replace("3.9.5", "3.2.0")
    old = read(tmp_path, old_text).tally.series()
    for series in (new, old):
        assert series.names == ("Slots", "Pay")
        assert p_ms(series, "Slots", 1.0) == pytest.approx(120, rel=1e-3)
        assert series.outcome_counts(1, 2, ["Pay"])[Outcome.SERVER_ERROR] == 1
    with pytest.raises(
        RunDataError, match=r"file: line 5 is damaged .* expected REQUEST with name, start, end, OK or KO"
    ):
        read(tmp_path, GATLING.replace("1700000001900\tKO", "late\tKO"))


def test_the_binary_log_of_gatling_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(RunDataError, match=r"binary simulation\.log of Gatling 3\.11 and newer"):
        read(tmp_path, b"\0\0\0\0\x063.13.1\0\0\0\0\x10shop.Simulation\0")


def test_locust_percentiles_stay_what_locust_said(tmp_path: Path) -> None:
    reading = read(tmp_path, LOCUST)
    series = reading.tally.series()
    for quantile, ms in ((0.5, 50), (0.95, 150), (0.99, 300), (0.999, 700)):
        assert p_ms(series, "GET /slots", quantile) == pytest.approx(ms, rel=1e-3)
    assert sum(series.outcome_counts(0, 99, ["GET /slots"]).values()) == 1000
    assert int(series.outcomes.second.max()) + 1 == 10  # 1,000 requests at 100 per s
    assert reading.imported.lacks(Gap.COURSE)
    assert reading.imported.lacks(Gap.DISTRIBUTION)


def test_locust_history_gives_the_counts_by_second_and_failures_their_kind(tmp_path: Path) -> None:
    stats, history, failures = (tmp_path / name for name in ("a_stats.csv", "a_history.csv", "a_failures.csv"))
    stats.write_text(LOCUST, encoding="utf-8")
    percents = LOCUST_HEAD.partition("50%")[2].strip()
    head = f"Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%{percents},Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size\n"
    none = ",".join(["N/A"] * 11)
    rows = [
        f"{1_700_000_000 + place},7,,Aggregated,0,0,{none},{count},0,0,0,0,0,0\n"
        for place, count in enumerate((0, 300, 300, 1000))
    ]
    history.write_text(head + "".join(rows), encoding="utf-8")
    failures.write_text(
        "Method,Name,Error,Occurrences,First Seen,Last Seen\nGET,/slots,HTTPError('429 Client Error: slow down'),4,,\n",
        encoding="utf-8",
    )
    reading = read_files([stats, history, failures], Options(), (), intended_start=False)
    series = reading.tally.series()
    by_second = [sum(series.outcome_counts(second, second + 1, ["GET /slots"]).values()) for second in range(3)]
    assert (by_second, reading.tally.first_second, reading.users) == ([300, 0, 700], 1_700_000_001, 7)
    counts = series.outcome_counts(0, 9, ["GET /slots"])
    assert (counts[Outcome.RATE_LIMITED], counts[Outcome.SERVER_ERROR]) == (4, 6)


def test_a_log_of_our_own_says_unit_and_start_and_others_must_be_told(tmp_path: Path) -> None:
    values = np.exp(np.random.default_rng(3).normal(10, 0.5, 2_000))
    line = f"Tag=steady/GET_/slots,0.000,4.000,1.0,{encode(Histogram.of(values))}\n"
    base = "#[BaseTime: 1700000000.000 (seconds since epoch)]\n"
    own = read(tmp_path, HEADER + base + line)
    assert own.imported.lacks(Gap.INTENDED_START) is None
    assert own.tally.first_second == 1_700_000_000
    assert p_ms(own.tally.series(), "GET /slots", 0.95) == pytest.approx(np.quantile(values, 0.95) / 1000, rel=2e-3)
    other = HEADER.splitlines()[0] + "\n" + base + line
    with pytest.raises(RunDataError, match="unit of its values is not in the file"):
        read(tmp_path, other)
    told = read(tmp_path, other, Options(unit=Unit.MILLISECONDS))
    assert p_ms(told.tally.series(), "steady/GET_/slots", 0.95) == pytest.approx(np.quantile(values, 0.95), rel=3e-3)
    with pytest.raises(RunDataError, match="line 4 is damaged"):
        read(tmp_path, HEADER + base + line.replace("HISTFAAA", "HISTFBBB"))


def test_a_plain_table_needs_its_unit_and_its_length_told_where_it_does_not_tell(tmp_path: Path) -> None:
    timed = "timestamp,operation,latency_ms,status\n1700000000.5,GET /slots,12.5,200\n1700000002,GET /slots,20,503\n"
    series = read(tmp_path, timed).tally.series()
    assert series.outcomes.second.tolist() == [0, 2]
    assert p_ms(series, "GET /slots", 1.0) == pytest.approx(20, rel=1e-3)
    bare = "elapsed\n12\n20\n30\n40\n"
    with pytest.raises(RunDataError, match='unit of column "elapsed" is not in its name'):
        read(tmp_path, bare)
    with pytest.raises(RunDataError, match="say how long the run was"):
        read(tmp_path, bare, Options(unit=Unit.MILLISECONDS))
    spread = read(tmp_path, bare, Options(unit=Unit.MILLISECONDS, length_s=4.0))
    assert spread.tally.series().outcomes.count.sum() == 4
    assert spread.imported.lacks(Gap.OUTCOMES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (JMETER.replace(",30,Login", ",soon,Login"), r'file: line 5: elapsed is "soon"; expected a number'),
        (JMETER.replace(",Login,401", ",Login"), r"file: line 5: 16 columns; expected 17, as the header has"),
        (K6_POINT.format(second="61.0", ms=1, status=200, ok="true"), r"file: line 1 is damaged \(data.time is"),
        ('{"type":"Metric","metric":"x"}\n{"type":"Point","metric":"http_req_duration",\n', r"file: line 2 is damaged"),
        (LOCUST.replace(",1000,10,", ",many,10,", 1), r'file: line 2: Request Count is "many"; expected a number'),
        ("a,b\n1,2\n", r"no column of latencies among a, b; name it"),
        ("", r"file: is empty"),
        ("hello\nworld\n", r"is of no known format; expected one of: Locust"),
    ],
)  # fmt: skip
def test_damage_is_named_by_file_line_found_and_expected(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RunDataError, match=message):
        read(tmp_path, text)


def test_a_cut_off_last_line_is_left_out_and_said(tmp_path: Path) -> None:
    reading = read(tmp_path, JMETER + "17000000")
    assert reading.tally.count == 3
    assert "the last line, cut off" in (reading.imported.lacks(Gap.LEFT_OUT) or "")


def test_files_of_different_tools_are_not_one_run(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text(JMETER, encoding="utf-8")
    second.write_text(GATLING, encoding="utf-8")
    with pytest.raises(RunDataError, match=r"b: is of Gatling .* expected the files of one run"):
        read_files([first, second], Options(), (), intended_start=False)


def test_the_user_may_say_that_latencies_count_from_the_intended_start(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(JMETER, encoding="utf-8")
    told = read_files([path], replace(Options()), (), intended_start=True)
    assert told.imported.lacks(Gap.INTENDED_START) is None
