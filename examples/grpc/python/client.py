"""Lists pods, watches, applies and deletes over the gRPC API: client.py KUBECONFIG."""

import base64
import json
import re
import sys
from urllib.parse import urlsplit

import grpc

from rhythm.api.v1 import api_pb2 as api  # made by protoc, see README.md

SERVICE = "/rhythm.api.v1.Api/"


def connect(kubeconfig):
    """A channel with the kubeconfig's certificate. The gRPC face is on the API server's next port."""
    text = open(kubeconfig, encoding="utf-8").read()

    def field(name):
        found = re.search(rf'\b{name}: *"?([^\s"]+)', text)
        if found is None:
            sys.exit(f"{kubeconfig} has no {name}")
        return found.group(1)

    def pem(name):
        return base64.b64decode(field(name))

    server = urlsplit(field("server"))
    credentials = grpc.ssl_channel_credentials(pem("certificate-authority-data"), pem("client-key-data"), pem("client-certificate-data"))
    return grpc.secure_channel(f"{server.hostname}:{server.port + 1}", credentials)


def method(channel, name):
    """A unary method; what a generated stub would hold."""
    return channel.unary_unary(SERVICE + name, api.Request.SerializeToString, api.Response.FromString)


def main(kubeconfig):
    channel = connect(kubeconfig)
    get, list_, patch, delete = (method(channel, name) for name in ("Get", "List", "Patch", "Delete"))
    watch = channel.unary_stream(SERVICE + "Watch", api.Request.SerializeToString, api.WatchEvents.FromString)

    pods = json.loads(list_(api.Request(version="v1", resource="pods", options=api.Options(limit=500))).body)
    for pod in pods["items"]:
        print(f"{pod['metadata']['namespace']}/{pod['metadata']['name']} {pod['status'].get('phase')}")

    name = "from-python"
    place = {"version": "v1", "resource": "configmaps", "namespace": "default", "name": name}
    watching = watch(api.Request(version="v1", resource="configmaps", namespace="default", options=api.Options(field_selector=f"metadata.name={name}")))

    wanted = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name}, "data": {"greeting": "hello"}}
    options = api.Options(field_manager="grpc-example", force=True)
    patch(api.Request(**place, content_type="application/apply-patch+yaml", options=options, body=json.dumps(wanted).encode()))
    print(f"applied configmaps/{name}")

    for event in (event for message in watching for event in message.events):
        print(api.WatchEvent.Type.Name(event.type).removeprefix("TYPE_"), json.loads(event.object)["metadata"]["name"])
        if event.type == api.WatchEvent.TYPE_DELETED:
            break
        delete(api.Request(**place))
        print(f"deleted configmaps/{name}")
    watching.cancel()

    try:
        get(api.Request(**place))
    except grpc.RpcError as error:
        status = json.loads(dict(error.trailing_metadata())["kubernetes-status-bin"])
        print(f"{error.code().name}: {error.details()} (reason {status['reason']})")
    channel.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: client.py KUBECONFIG")
    main(sys.argv[1])
