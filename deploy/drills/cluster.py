"""The cluster of docker-compose.yml under its own project name."""

import json
import os
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "jwt-drill"
PORT = int(os.environ.get("DRILL_PORT", "5055"))
SERVING = ["auth-service", "resource-service", "haproxy"]
ROLLED_IMAGE = "jwt-cluster:drill"
URL = f"http://localhost:{PORT}"


def compose_command():
    """Compose v2 if installed, else docker-compose 1.29."""
    v2 = subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0
    return ["docker", "compose"] if v2 else ["docker-compose"]


COMPOSE = [*compose_command(), "-p", PROJECT, "-f", "docker-compose.yml", "-f", "deploy/drills/docker-compose.yml"]


def run(command, **more):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **more)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def docker(*arguments):
    return run(["docker", *arguments])


def compose(*arguments):
    # Another cluster may run on this machine.
    subnets = {"BALANCER_AUTH_SUBNET": "10.213.101.0/24", "BALANCER_RESOURCE_SUBNET": "10.213.102.0/24"}
    settings = {"PORT": str(PORT), "STATISTICS_PORT": str(PORT + 1), "ISSUER": URL, **subnets}
    return run([*COMPOSE, *arguments], env={**os.environ, **settings})


def build():
    compose("build", "init")


def up():
    """Starts it; returns the seconds until all containers are healthy."""
    began = time.monotonic()
    compose("up", "-d", "--no-build")
    wait_for(lambda: all(is_healthy(c) for service in SERVING for c in containers(service)), 60)
    return time.monotonic() - began


def down():
    compose("down", "-v", "--remove-orphans", "-t", "5")
    # Left by the drill `roll`.
    subprocess.run(["docker", "image", "rm", ROLLED_IMAGE], capture_output=True)


def containers(service):
    """The names of a service's containers, running or not."""
    label = "label=com.docker.compose"
    listed = docker("ps", "-a", "--filter", f"{label}.project={PROJECT}", "--filter", f"{label}.service={service}",
                    "--format", "{{.Names}}")
    return sorted(listed.split())


def network(name):
    return f"{PROJECT}_{name}"


def state(container):
    return json.loads(docker("inspect", container, "--format", "{{json .State}}"))


def is_healthy(container):
    return state(container).get("Health", {}).get("Status") == "healthy"


def started_at(services):
    """The start time of each container, which shows whether any was restarted."""
    return {c: state(c)["StartedAt"] for service in services for c in containers(service)}


def wait_for(condition, seconds):
    """Waits for a condition; returns the seconds it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise SystemExit(f"timeout after {seconds} s: {compose('ps')}")
        time.sleep(0.2)
    return time.monotonic() - began


def wait_healthy(container):
    return wait_for(lambda: is_healthy(container), 60)
