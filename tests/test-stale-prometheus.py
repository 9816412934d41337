#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A fleet's answer: what mapfiles stale writes goes through Debian's node exporter and
Prometheus, set up as docs/stale.md has it, to a query and to an alert. All of it on
loopback and in a temporary directory, and ended with the test.
"""
import http.client
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tooltest import ATTENTION, ToolTest, main, read

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../docs/stale.md")
LOAD = "import os; map_file(os.open(sys.argv[1], os.O_RDONLY), 5, 2)"
NODE_EXPORTER_DIRECTORY = "/var/lib/prometheus/node-exporter"


def snippet(first_word):
    """The block of the page that begins with that word."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", read(PAGE).decode(), re.M | re.S)
    block, = [b for b in blocks if b.startswith(first_word)]
    return block


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class OpenMetrics(http.server.BaseHTTPRequestHandler):
    """The file as it is, with the type that has Prometheus read it as OpenMetrics."""
    file = None

    def do_GET(self):
        body = read(self.file)
        self.send_response(200)
        self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Fleet(ToolTest):
    def setUp(self):
        super().setUp()
        for program in ("prometheus", "promtool", "prometheus-node-exporter"):
            if not shutil.which(program):
                self.skip("no " + program)
        os.mkdir(self.path("textfile"))
        self.file_name = self.path("textfile/mapfiles_stale.prom")

    def run_cron_line(self):
        """The command of the page's line for cron, as it stands there but for the directory."""
        command = snippet("*/").split(None, 6)[6]
        self.assertIn(NODE_EXPORTER_DIRECTORY, command)
        command = command.replace(NODE_EXPORTER_DIRECTORY, self.path("textfile"))
        path = "%s:%s" % (os.path.dirname(self.tool), os.environ["PATH"])
        return subprocess.run(["sh", "-c", command], env={**os.environ, "PATH": path}, check=False,
                              capture_output=True, timeout=60)

    def daemon(self, *command):
        with open(self.path("log"), "ab") as log:
            p = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *command], stdout=log,
                                 stderr=log, cwd=self.dir)
        self.addCleanup(self.end, p)
        return p

    def start(self):
        exporter, self.port, own = free_port(), free_port(), free_port()
        OpenMetrics.file = self.file_name
        server = http.server.HTTPServer(("127.0.0.1", own), OpenMetrics)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.daemon("prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
                    "--collector.textfile.directory=" + self.path("textfile"),
                    "--web.listen-address=127.0.0.1:%d" % exporter)
        config, n = re.subn(r"targets: .*", 'targets: ["127.0.0.1:%d"]' % exporter,
                            snippet("rule_files:"))
        self.assertEqual(n, 1)
        with open(self.path("prometheus.yml"), "w") as f:
            f.write("global:\n  scrape_interval: 500ms\n  evaluation_interval: 500ms\n" + config +
                    "  - job_name: openmetrics\n    static_configs:\n"
                    '      - targets: ["127.0.0.1:%d"]\n' % own)
        with open(self.path("mapfiles_stale.rules.yml"), "w") as f:
            f.write(re.sub(r"for: \w+", "for: 0s", snippet("groups:")))
        subprocess.run(["promtool", "check", "config", self.path("prometheus.yml")], check=True,
                       capture_output=True)
        self.daemon("prometheus", "--config.file=" + self.path("prometheus.yml"),
                    "--storage.tsdb.path=" + self.path("data"),
                    "--web.listen-address=127.0.0.1:%d" % self.port)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return json.loads(response.read())["data"] if response.status == 200 else None
        except OSError:
            return None
        finally:
            connection.close()

    def query(self, expression):
        """[(labels, value)]"""
        data = self.get("/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        return [(r["metric"], r["value"][1]) for r in data["result"]] if data else []

    def wait_for(self, what, wanted):
        """Until what() is as wanted: the daemons take their time."""
        end = time.monotonic() + 60
        while (got := what()) != wanted:
            self.assertLess(time.monotonic(), end, "%r; %s" % (got, read(self.path("log")).decode()))
            time.sleep(0.1)

    def firing(self, name):
        data = self.get("/api/v1/alerts") or {"alerts": []}
        return sorted(a["annotations"]["summary"] for a in data["alerts"]
                      if a["labels"]["alertname"] == name and a["state"] == "firing" and
                      a["labels"]["job"] == "node")

    def test_from_the_process_to_the_alert(self):
        # One name for both, and no other process has it: the labels need no escape.
        rename = "; open('/proc/self/comm', 'w').write('stale-%d')" % os.getpid()
        library = self.file("libx.so")
        pid = self.target(LOAD + rename, [library])
        name = "stale-%d" % os.getpid()
        os.rename(self.file("new"), library)
        result = self.run_cron_line()
        self.assertEqual(result.returncode, ATTENTION, result.stderr)
        with open(self.file_name) as f:
            check = subprocess.run(["promtool", "check", "metrics"], stdin=f, capture_output=True)
        self.assertEqual((check.returncode, check.stdout, check.stderr), (0, b"", b""))

        self.start()
        expression = 'mapfiles_stale_processes{unit="%s"}' % name
        self.wait_for(lambda: sorted((m["job"], v) for m, v in self.query(expression)),
                      [("node", "1"), ("openmetrics", "1")])
        (labels, _), = self.query('mapfiles_stale_files{job="node",unit="%s"}' % name)
        self.assertEqual((labels["verdict"], labels["manager"], labels["uid"]),
                         ("replaced", "none", str(os.geteuid())))
        self.wait_for(lambda: self.query("node_textfile_scrape_error")[0][1], "0")
        self.wait_for(lambda: self.query("min(up)")[0][1], "1")
        self.wait_for(lambda: [s for s in self.firing("StaleFiles") if name in s],
                      ["%s on %s maps files that were replaced: restart it" % (
                          name, labels["instance"])])

        # It is restarted, and the alert is over.
        os.kill(pid, 9)
        self.wait_for(lambda: os.path.exists("/proc/%d/maps" % pid) and
                      read("/proc/%d/maps" % pid), b"")
        self.run_cron_line()
        self.wait_for(lambda: self.query(expression), [])
        self.wait_for(lambda: [s for s in self.firing("StaleFiles") if name in s], [])

    def test_names_that_are_no_labels(self):
        """Whatever a process calls itself, the file is one that the exporter takes."""
        library = self.file("libx.so")
        pids = [self.target(LOAD + "; open('/proc/self/comm', 'wb').write(%r)" % comm, [library])
                for comm in (b'a"\\\n{b}', b"\xff\xfe", b"\\377\\376", b"a\tb", b" ")]
        os.rename(self.file("new"), library)
        out = subprocess.run([self.tool, "stale", "--openmetrics", *map(str, pids)],
                             capture_output=True, check=False,
                             env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual(out.returncode, ATTENTION)
        self.assertEqual(out.stdout.count(b"mapfiles_stale_processes{"), len(pids))
        check = subprocess.run(["promtool", "check", "metrics"], input=out.stdout,
                               capture_output=True, check=False)
        self.assertEqual((check.returncode, check.stdout, check.stderr), (0, b"", b""))

    def test_the_page_tells_of_each_metric(self):
        out = subprocess.run([self.tool, "stale", "--openmetrics", str(os.getpid())],
                             capture_output=True, check=False).stdout.decode()
        names = re.findall(r"^# TYPE (\w+)", out, re.M)
        self.assertGreater(len(names), 5)
        self.assertEqual(sorted(set(re.findall(r"`(mapfiles_stale_\w+)`", read(PAGE).decode()))),
                         sorted(names))


main()
