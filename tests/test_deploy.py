"""The files to deploy Frontdesk with name settings, commands, extras and parts that there are."""

import configparser
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bots import service, worker
from core.settings import environment_names
from tests.docs.pages import ROOT, command_exists, setting_names

DEPLOY = ROOT / "examples" / "deploy"
CLUSTER = DEPLOY / "kubernetes"
FILES = sorted(each for each in DEPLOY.rglob("*") if each.is_file())
THEIRS = {"POSTGRES_PASSWORD", "NATS_CORE_PASSWORD", "NATS_WORKER_PASSWORD"}
"""Names in the file of secrets that are not Frontdesk's."""
GRACE = {"run": service.GRACE, "worker": worker.GRACE}
"""Seconds that a command takes to finish what it writes."""
WORKLOADS = ("StatefulSet", "Deployment")

files = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(DEPLOY)))


@pytest.mark.parametrize(
    "file", [each for each in FILES if each.suffix != ".conf"], ids=lambda file: str(file.relative_to(DEPLOY))
)  # servers of others have names of their own
def test_every_setting_that_is_named_exists(file: Path) -> None:
    assert setting_names(file) - set(environment_names().values()) == set()


@files
def test_every_lock_that_is_named_exists(file: Path) -> None:
    named = set(re.findall(r"\brequirements[\w-]*\.lock\b", file.read_text()))
    assert named - {each.name for each in ROOT.glob("*.lock")} == set()


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda unit: unit.name)
def test_units_start_commands_that_there_are(unit: Path) -> None:
    sections = configparser.ConfigParser(strict=False, interpolation=None)
    sections.optionxform = str  # type: ignore[assignment, method-assign]  # names as they are written
    sections.read(unit)
    program, _, arguments = sections["Service"]["ExecStart"].partition(" ")
    assert Path(program).name == "frontdesk" and command_exists(f"frontdesk {arguments}")
    assert {"Unit", "Service"} <= set(sections)
    if arguments in GRACE:
        assert int(sections["Service"]["TimeoutStopSec"]) > GRACE[arguments]


def test_the_container_starts_a_command_that_there_is() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    (entry,) = [line for line in lines if line.startswith("ENTRYPOINT")]
    (command,) = [line for line in lines if line.startswith("CMD")]
    words = [*yaml.safe_load(entry.split(" ", 1)[1]), *yaml.safe_load(command.split(" ", 1)[1])]
    assert command_exists(" ".join(words))


class TestCompose:
    """`compose.yaml`: two cores, two workers, Postgres and NATS."""

    @pytest.fixture
    def composed(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
        return found

    def test_commands_are_there_and_two_of_each_kind(self, composed: dict[str, Any]) -> None:
        ours = [each for each in composed["services"].values() if each["image"] == "frontdesk"]
        commands = [" ".join(each["command"]) for each in ours]
        assert sorted(commands) == ["run", "run", "worker", "worker"]
        assert all(command_exists(f"frontdesk {each}") for each in commands)

    def test_running_answers_get_their_time(self, composed: dict[str, Any]) -> None:
        ours = [each for each in composed["services"].values() if each["image"] == "frontdesk"]
        for each in ours:
            assert float(each["stop_grace_period"].removesuffix("s")) > GRACE[" ".join(each["command"])]

    def test_what_services_depend_on_and_keep_is_there(self, composed: dict[str, Any]) -> None:
        services = composed["services"]
        for each in services.values():
            assert set(each.get("depends_on", ())) <= set(services)
            named = {place.partition(":")[0] for place in each["volumes"]}
            assert {name for name in named if "/" not in name} <= set(composed["volumes"])
            for value in each.get("environment", {}).values():
                hosts = re.findall(r"@([\w-]+)", value)
                assert set(hosts) <= set(services)
        kept = [place for each in services.values() for place in each["volumes"] if "/data" in place]
        assert len(set(kept) - {"./frontdesk.yaml:/data/frontdesk.yaml:ro"}) == len(services) - 1, (
            "cores share one"
        )


@pytest.mark.parametrize("name", ["prometheus.yaml", "prometheus-kubernetes.yaml"])
def test_prometheus_reads_by_the_name_that_alerts_go_by(name: str) -> None:
    configured = yaml.safe_load((DEPLOY / name).read_text())
    assert [job["job_name"] for job in configured["scrape_configs"]] == ["frontdesk"]
    assert configured["rule_files"] == ["alerts.yaml"]
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"][0]["rules"]
    (down,) = [rule["expr"] for rule in rules if rule["alert"] == "FrontdeskDown"]
    assert set(re.findall(r'job="(\w+)"', down)) == {"frontdesk"} and "absent(" in down


class TestCluster:
    """The manifests of `kubernetes`, which kustomize puts together."""

    @pytest.fixture
    def manifests(self) -> list[dict[str, Any]]:
        kustomization = yaml.safe_load((CLUSTER / "kustomization.yaml").read_text())
        return [
            manifest
            for name in kustomization["resources"]
            for manifest in yaml.safe_load_all((CLUSTER / name).read_text())
        ]

    def test_every_manifest_is_listed_and_says_what_it_is(self, manifests: list[dict[str, Any]]) -> None:
        kustomization = yaml.safe_load((CLUSTER / "kustomization.yaml").read_text())
        others = {"kustomization.yaml", "frontdesk.yaml"}
        mapped = {name for each in kustomization["configMapGenerator"] for name in each["files"]}
        assert mapped <= {each.name for each in CLUSTER.iterdir()}
        assert set(kustomization["resources"]) == {each.name for each in CLUSTER.glob("*.yaml")} - others
        assert all(each["apiVersion"] and each["kind"] and each["metadata"]["name"] for each in manifests)
        named = [(each["kind"], each["metadata"]["name"]) for each in manifests]
        assert len(set(named)) == len(named)

    def test_selectors_find_pods_and_mounts_find_volumes(self, manifests: list[dict[str, Any]]) -> None:
        pods = [_labels(each) for each in _workloads(manifests)]
        for each in manifests:
            if each["kind"] in ("Service", "PodDisruptionBudget"):
                selector = each["spec"]["selector"]
                wanted = selector.get("matchLabels", selector)
                assert any(wanted.items() <= labels.items() for labels in pods), each["metadata"]["name"]
        for each in _workloads(manifests):
            assert each["spec"]["selector"]["matchLabels"].items() <= _labels(each).items()
            pod = each["spec"]["template"]["spec"]
            volumes = {volume["name"] for volume in pod.get("volumes", ())}
            volumes |= {claim["metadata"]["name"] for claim in each["spec"].get("volumeClaimTemplates", ())}
            mounts = {mount["name"] for box in _boxes(each) for mount in box["volumeMounts"]}
            assert mounts <= volumes

    def test_frontdesk_runs_confined_with_commands_that_there_are(
        self, manifests: list[dict[str, Any]]
    ) -> None:
        ours = [box for each in _workloads(manifests) for box in _boxes(each) if box["image"] == "frontdesk"]
        assert {" ".join(box["args"]) for box in ours} == {
            "run",
            "worker",
            "model pull",
            "model pull minilm-l6-v2",
        }
        for box in ours:
            assert command_exists(f"frontdesk {' '.join(box['args'])}")
            confined = box["securityContext"]
            assert confined["readOnlyRootFilesystem"] and not confined["allowPrivilegeEscalation"]
            assert {probe["httpGet"]["path"] for probe in _probes(box)} <= {"/healthz", "/readyz"}

    def test_prometheus_finds_every_part_of_frontdesk(self, manifests: list[dict[str, Any]]) -> None:
        for each in _workloads(manifests):
            for box in each["spec"]["template"]["spec"]["containers"]:
                if box["image"] == "frontdesk":
                    annotations = each["spec"]["template"]["metadata"]["annotations"]
                    (port,) = box["ports"]
                    assert annotations["prometheus.io/scrape"] == "true" and port["name"] == "http"
                    assert annotations["prometheus.io/port"] == str(port["containerPort"])

    def test_running_answers_get_their_time(self, manifests: list[dict[str, Any]]) -> None:
        for each in _workloads(manifests):
            pod = each["spec"]["template"]["spec"]
            for box in pod["containers"]:
                if box["image"] == "frontdesk":
                    assert pod["terminationGracePeriodSeconds"] > GRACE[" ".join(box["args"])]

    def test_secrets_that_are_asked_for_are_in_the_example(self, manifests: list[dict[str, Any]]) -> None:
        lines = (CLUSTER / "secrets.example.env").read_text().splitlines()
        given = {line.partition("=")[0] for line in lines if not line.startswith("#")}
        assert given <= set(environment_names().values()) | THEIRS
        asked = {
            variable["valueFrom"]["secretKeyRef"]["key"]
            for each in _workloads(manifests)
            for box in _boxes(each)
            for variable in box.get("env", ())
            if "valueFrom" in variable
        }
        assert asked <= given

    def test_addresses_are_made_of_passwords_that_stand_before_them(
        self, manifests: list[dict[str, Any]]
    ) -> None:
        services = {each["metadata"]["name"] for each in manifests if each["kind"] == "Service"}
        found = 0
        for each in _workloads(manifests):
            for box in _boxes(each):
                before: set[str] = set()
                for variable in box.get("env", ()):
                    value = str(variable.get("value", ""))
                    assert set(re.findall(r"\$\((\w+)\)", value)) <= before
                    assert set(re.findall(r"@(\w+)", value)) <= services
                    found += "@" in value
                    before.add(variable["name"])
        assert found == 4, "both databases, and NATS for each kind"


def _workloads(manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in manifests if each["kind"] in WORKLOADS]


def _labels(workload: dict[str, Any]) -> dict[str, str]:
    labels: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return labels


def _boxes(workload: dict[str, Any]) -> list[dict[str, Any]]:
    pod = workload["spec"]["template"]["spec"]
    return [*pod["containers"], *pod.get("initContainers", ())]


def _probes(box: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        if name in box:
            yield box[name]
