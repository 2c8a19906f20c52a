"""Subscribes to one topic, publishes a file's bytes on another at QoS 1, and prints the first answer in hex.

usage: paho_ask.py PORT CA CERT KEY CLIENT_ID TOPIC FILE ANSWER_TOPIC
"""
import ssl
import sys
import threading

import paho.mqtt.client as mqtt

port, ca, certificate, key, client_id, topic, path, answer_topic = sys.argv[1:]
answered = threading.Event()
acknowledged = threading.Event()


def on_message(_client, _userdata, message):
    # The server also tells the time, whatever was subscribed to.
    if message.topic == answer_topic:
        print(message.payload.hex(), flush=True)
        answered.set()


def on_subscribe(sender, _userdata, _mid, codes, _properties):
    if any(code.value >= 0x80 for code in codes):
        sys.exit("not subscribed")
    with open(path, "rb") as f:
        sender.publish(topic, f.read(), qos=1)


client = mqtt.Client(client_id, protocol=mqtt.MQTTv5)
client.tls_set(ca, certificate, key, cert_reqs=ssl.CERT_REQUIRED)
client.on_message = on_message
client.on_subscribe = on_subscribe
client.on_publish = lambda *_: acknowledged.set()
client.on_connect = lambda sender, *_: sender.subscribe(answer_topic, qos=1)
client.connect("localhost", int(port))
client.loop_start()
good = answered.wait(20) and acknowledged.wait(20)
client.disconnect()
client.loop_stop()
sys.exit(0 if good else "no answer")
