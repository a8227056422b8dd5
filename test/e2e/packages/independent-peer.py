"""One exchange with a BS server by autobahn|python, which shares no code with the server or its tests.

The messages are written and read by hand from proto/csi_feedback.proto. Arguments: URL, UE id, model id, its sha256
as hex, and the report's codeword, scale, phase and payload bits (byte strings as hex). Prints one line of JSON.
"""

import asyncio
import json
import sys

from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def fields(message):
    """Field number -> value; none of the messages read here repeats a field that is not packed."""
    found, at = {}, 0

    def read():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = read()
        value = read()
        if key & 7 == 2:
            value, at = message[at : at + value], at + value
        found[key >> 3] = value
    return found


url, ue_id, model_id, sha256, codeword, scale, phase, payload_bits = sys.argv[1:]


class Peer(WebSocketClientProtocol):
    result = {}

    def onConnect(self, response):
        self.result["subprotocol"] = response.protocol

    def onOpen(self):
        ref = text(1, model_id.encode()) + text(2, bytes.fromhex(sha256))
        hello = text(1, ue_id.encode()) + number(2, 1) + text(3, ref)
        self.sendMessage(text(1, hello), isBinary=True)

    def onMessage(self, payload, isBinary):
        ((kind, body),) = fields(payload).items()
        message = fields(body)
        if kind == 2:  # Welcome
            config = fields(message[2])
            self.result["epoch"] = message[1]
            report = number(1, message[1]) + number(2, 1) + number(3, 7) + text(4, fields(config[2])[1])
            report += number(5, config[1]) + text(6, bytes.fromhex(codeword)) + number(7, int(scale))
            report += text(8, bytes.fromhex(phase)) + number(9, int(payload_bits)) + number(10, 1)
            self.sendMessage(text(3, report), isBinary=True)
        elif kind == 4:  # ReportAck
            self.result["seqs"] = list(message[1])
            self.result["outcomes"] = list(message[2])
            self.sendClose(1000)
        else:
            self.result["unexpected"] = kind
            self.sendClose(1000)

    def onClose(self, wasClean, code, reason):
        print(json.dumps({**self.result, "wasClean": wasClean, "code": code}), flush=True)
        loop.stop()


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
factory = WebSocketClientFactory(url, protocols=["edge-csi.v1"], loop=loop)
factory.protocol = Peer
host, port = url.split("//")[1].split("/")[0].split(":")
loop.run_until_complete(loop.create_connection(factory, host, int(port)))
loop.run_forever()
