"""Calls what is deployed, from a process of its own."""

import sys

import modal

what, *arguments = sys.argv[1:]
numbers = [int(argument) for argument in arguments if argument.isdigit()]
if what == "spawn":
    print(modal.Function.from_name("shop", "price").spawn(*numbers).object_id)
elif what == "get":
    print("got", modal.FunctionCall.from_id(arguments[0]).get(timeout=60))
elif what == "Model.infer":
    print("infer", modal.Cls.from_name("shop", "Model")().infer.remote(*numbers))
else:
    print(what, modal.Function.from_name("shop", what).remote(*numbers))
