#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Validates JSON documents against a schema of draft 2020-12. usage: validate.py SCHEMA DOCUMENT...

A schema is itself checked first. Exit code 1 with one line a fault: document, JSON path, what is wrong;
2 where a document or the schema cannot be used at all.
"""
import json
import sys

import jsonschema


def main(schema_path, documents):
    with open(schema_path, encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    faults = 0
    for path in documents:
        with open(path, encoding="utf-8") as f:
            document = json.load(f)
        for error in validator.iter_errors(document):
            faults += 1
            print(f"{path}: {error.json_path}: {error.message[:300]}")
    return 1 if faults or not documents else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except (OSError, ValueError, jsonschema.SchemaError) as e:
        print(e)
        sys.exit(2)
