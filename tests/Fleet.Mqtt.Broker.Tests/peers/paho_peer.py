"""Scenarios of a python3-paho-mqtt client: paho_peer.py SCENARIO PORT [CERT_DIR]. Prints one line for each thing seen."""
import queue
import ssl
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

SCENARIO, PORT = sys.argv[1], int(sys.argv[2])
CERTS = sys.argv[3] if len(sys.argv) > 3 else None
V5 = not SCENARIO.endswith("-311")


class Peer:
    def __init__(self, name, clean=True, expiry=0, will=None):
        self.messages = queue.Queue()
        self.events = queue.Queue()
        if V5:
            self.client = mqtt.Client(name, protocol=mqtt.MQTTv5)
        else:
            self.client = mqtt.Client(name, clean_session=clean, protocol=mqtt.MQTTv311)
        self.client.on_message = lambda _c, _u, m: self.messages.put(m)
        self.client.on_subscribe = lambda *a: self.events.put(("subscribed", a))
        self.client.on_connect = lambda _c, _u, flags, rc, *p: self.events.put(("connected", flags, rc))
        if will:
            self.client.will_set(*will)
        if CERTS:
            self.client.tls_set(CERTS + "/ca.crt", CERTS + "/client.crt", CERTS + "/client.key", cert_reqs=ssl.CERT_REQUIRED)
        arguments = {}
        if V5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = expiry
            arguments = {"clean_start": clean, "properties": properties}
        self.client.connect("localhost" if CERTS else "127.0.0.1", PORT, 30, **arguments)
        self.client.loop_start()
        self.connected = self.events.get(timeout=10)

    def subscribe(self, topic, qos):
        self.client.subscribe(topic, qos)
        return self.events.get(timeout=10)

    def publish(self, topic, text, qos, retain=False):
        info = self.client.publish(topic, text, qos, retain)
        info.wait_for_publish(10)
        assert info.is_published()

    def next(self):
        return self.messages.get(timeout=10)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def echo():
    peer = Peer("paho-echo")
    peer.subscribe("paho/#", 2)
    for qos in range(3):
        peer.publish("paho/%d" % qos, "hello %d" % qos, qos)
        message = peer.next()
        print("echo", message.topic, message.payload.decode(), message.qos)
    peer.close()


def will():
    watcher = Peer("paho-watcher")
    watcher.subscribe("will/#", 1)
    victim = Peer("paho-victim", will=("will/paho", "gone", 1, False))
    victim.client._sock_close()
    message = watcher.next()
    print("will", message.topic, message.payload.decode())
    watcher.close()


def resume():
    first = Peer("paho-resume", clean=True, expiry=300) if V5 else Peer("paho-resume", clean=False)
    first.subscribe("resume/#", 1)
    first.close()
    other = Peer("paho-other")
    other.publish("resume/1", "kept", 1)
    other.close()
    again = Peer("paho-resume", clean=False, expiry=300)
    print("resume", again.connected[1]["session present"], again.next().payload.decode())
    again.close()


def shared():
    members = [Peer("paho-member-%d" % i) for i in range(3)]
    for member in members:
        member.subscribe("$share/g/jobs/#", 1)
    for i in range(30):
        members[0].publish("jobs/%d" % i, str(i), 1)
    threading.Event().wait(0.5)
    got = [member.messages.qsize() for member in members]
    print("shared", sum(got), min(got) > 0)
    for member in members:
        member.close()


{"echo": echo, "will": will, "resume": resume, "shared": shared}[SCENARIO.split("-")[0]]()
