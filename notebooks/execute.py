"""Runs every cell of one notebook in its kernel and writes it with the outputs: execute.py NOTEBOOK TARGET.

The kernel's last outputs may come after it says that it is idle, so this keeps listening a little longer.
Ends with 1, and writes nothing, at the first cell that throws or if the kernel dies.
"""
import os
import queue
import sys

import nbformat
from jupyter_client.manager import start_new_kernel

LISTEN_ON_S = 0.3
LOOK_AFTER_S = 5


class KernelDied(Exception):
    pass


def run_cell(manager, client, cell):
    request = client.execute(cell.source)
    cell.outputs, idle = [], False
    while True:
        try:
            message = client.get_iopub_msg(timeout=LISTEN_ON_S if idle else LOOK_AFTER_S)
        except queue.Empty:
            if idle:
                return
            if not manager.is_alive():
                raise KernelDied(f"the kernel died: exit code {manager.provisioner.process.poll()}")
            continue
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] == "idle":
            idle = True
        elif kind == "execute_input":
            cell.execution_count = content["execution_count"]
        elif kind in ("stream", "display_data", "execute_result", "error"):
            add(cell.outputs, nbformat.v4.output_from_msg(message))


def add(outputs, output):
    """Text that the kernel sends in pieces is one output."""
    last = outputs[-1] if outputs else None
    if output.output_type == "stream" and last and last.output_type == "stream" and last.name == output.name:
        last.text += output.text
    else:
        outputs.append(output)


def main(source, target):
    notebook = nbformat.read(source, as_version=4)
    manager, client = start_new_kernel(kernel_name=notebook.metadata.kernelspec.name)
    try:
        for cell in (each for each in notebook.cells if each.cell_type == "code"):
            run_cell(manager, client, cell)
            for output in cell.outputs:
                if output.output_type == "error":
                    print(f"{source}: {output.ename}: {output.evalue}", *output.traceback, sep="\n", file=sys.stderr)
                    return 1
    except KernelDied as error:
        print(f"{source}: {error}", file=sys.stderr)
        return 1
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    notebook.metadata["outgap"] = {"study": "quick" if os.environ.get("OUTGAP_NOTEBOOK_QUICK") == "1" else "full"}
    nbformat.validate(notebook)
    nbformat.write(notebook, target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
