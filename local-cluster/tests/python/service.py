"""A service whose responses are compared with its API description."""

import re
import urllib.parse

import jsonschema
import openapi_spec_validator
import requests

#: Statuses that do not occur here: clients that are too slow or ask too often, unavailable dependencies, and what nobody foresaw.
RARE = {"408", "429", "500", "503"}
#: Described responses that do not occur here: keys changed concurrently or set in the settings, clients that change while their
#: users look at a page, and what other settings lead to.
NOT_TESTED = {
    ("GET", "/authorize/login", "303"),
    ("GET", "/authorize/register", "303"),
    ("POST", "/authorize/register", "403"),
    ("POST", "/keys/rotate", "409"),
    ("POST", "/keys/{kid}/withdraw", "409"),
}


def closed(schema):
    """The schema, closed to properties that it does not name, so that such properties are found."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: closed(value) for name, value in schema.items()}
    if isinstance(strict.get("properties"), dict) and strict.get("type") == "object":
        strict.setdefault("additionalProperties", False)
    return strict


class Service:
    """A service whose responses are compared with its description."""

    def __init__(self, url):
        self.url, self.description = url, requests.get(f"{url}/openapi.json").json()
        openapi_spec_validator.validate(self.description)
        self.seen = set()

    def operations(self):
        for path, methods in self.description["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def resolve(self, value):
        while "$ref" in value:
            found = self.description
            for name in value["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            value = found
        return value

    def check(self, schema, value, what):
        whole = {**schema, "components": {"schemas": self.description["components"]["schemas"]}}
        for error in jsonschema.Draft202012Validator(whole).iter_errors(value):
            raise SystemExit(f"{what} does not match the description: {error.message} in {value}")

    def check_examples(self):
        """Validates every example."""
        for method, path, operation in self.operations():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in map(self.resolve, bodies):
                for content in body.get("content", {}).values():
                    examples = [each["value"] for each in content.get("examples", {}).values()]
                    for example in [content["example"]] if "example" in content else examples:
                        self.check(content["schema"], example, f"an example of {method} {path}")

    def request(self, method, path, status, token=None, headers=(), session=requests, **request):
        headers = {**dict(headers), **({"Authorization": f"Bearer {token}"} if token else {})}
        response = session.request(method, self.url + path, headers=headers, allow_redirects=False, **request)
        if status < 300:
            self.check_request(method, path, request)
        what = f"{method} {path}: {response.status_code} {response.text[:300]}"
        if response.status_code != status:
            raise SystemExit(f"not the expected {status}: {what}")
        template, operation = self.operation(method, path)
        described = operation["responses"].get(str(status))
        if described is None:
            raise SystemExit(f"not described: {what}")
        self.seen.add((method, template, str(status)))
        self.check_response(self.resolve(described), response, what)
        return response

    def check_request(self, method, path, request):
        """Validates an accepted request: its body and the names in its query string."""
        _, operation = self.operation(method, path)
        content = operation.get("requestBody", {}).get("content", {})
        for name, media_type in (("json", "application/json"), ("data", "application/x-www-form-urlencoded")):
            if request.get(name):
                if media_type not in content:
                    raise SystemExit(f"{method} {path} is described without a body of {media_type}")
                self.check(content[media_type]["schema"], request[name], f"the body of {method} {path}")
        described = {self.resolve(parameter)["name"] for parameter in operation.get("parameters", [])}
        for name in urllib.parse.parse_qs(urllib.parse.urlsplit(path).query):
            if name not in described:
                raise SystemExit(f"{method} {path}: {name} is not described")

    def operation(self, method, path):
        path = path.split("?")[0]
        for own, template, operation in self.operations():
            if own == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                return template, operation
        raise SystemExit(f"{method} {path} is not described")

    def closed_response(self, schema):
        """A schema without further properties. One that consists of several has the properties of them all."""
        if "allOf" not in schema:
            return closed(schema)
        parts = [self.resolve(part) for part in schema["allOf"]]
        properties = {name: value for part in parts for name, value in part.get("properties", {}).items()}
        required = [name for part in parts for name in part.get("required", [])]
        return closed({"type": "object", "properties": properties, "required": required})

    def check_response(self, described, response, what):
        missing = [name for name in described.get("headers", {}) if name not in response.headers]
        if missing:
            raise SystemExit(f"missing headers {missing}: {what}")
        if "content" not in described:
            if response.content:
                raise SystemExit(f"undescribed body: {what}")
            return
        media_type = response.headers["Content-Type"].split(";")[0]
        if media_type not in described["content"]:
            raise SystemExit(f"{media_type} is not described: {what}")
        value = response.json() if media_type == "application/json" else response.text
        if response.status_code >= 400 and media_type != "text/html" and f"`{value['error']}`" not in described["description"]:
            raise SystemExit(f"the code is not described: {what}")
        schema = described["content"][media_type]["schema"]
        components = closed(self.description["components"]["schemas"])
        whole = {**self.closed_response(self.resolve(schema)), "components": {"schemas": components}}
        for error in jsonschema.Draft202012Validator(whole).iter_errors(value):
            raise SystemExit(f"{what} does not match the description: {error.message} in {value}")

    def unseen(self):
        described = {
            (method, path, status)
            for method, path, operation in self.operations()
            for status in operation["responses"]
            if status != "default" and status not in RARE
        }
        return sorted(described - self.seen - NOT_TESTED), NOT_TESTED & described
