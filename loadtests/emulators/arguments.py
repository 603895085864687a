"""The command line of the emulator."""

import argparse
from pathlib import Path


def arguments() -> argparse.Namespace:
    """Parsed from the process's own."""
    parser = argparse.ArgumentParser(description="An Ollama server without a model.")
    parser.add_argument("--port", type=int, required=True, help="0 chooses a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--profile", default="gex44", help="gex44, instant or the path of a JSON file")
    parser.add_argument("--speed", type=float, default=1.0, help="model-seconds a second")
    parser.add_argument("--model", default="qwen3:14b")
    parser.add_argument("--num-parallel", type=int, default=4)
    parser.add_argument("--max-queue", type=int, default=512, help="requests that may wait for a load")
    parser.add_argument("--context-length", type=int, default=4096, help="num_ctx of requests that name none")
    parser.add_argument("--answer-tokens", type=int, help="length of an answer (default: two sentences of the facts)")
    parser.add_argument("--cache-tokens", type=int, default=100_000, help="tokens of prompts kept in host RAM")
    parser.add_argument("--coarse", type=float, default=1.0, help="tokens that its vocabulary makes of one of qwen3's")
    parser.add_argument("--gguf", type=Path, help="a real model speaks, through llama.cpp: its file of weights")
    parser.add_argument("--threads", type=int, default=1, help="of that model")
    parser.add_argument("--ask", type=Path, help="people speak: a folder for prompts, and for what they write beside")
    parser.add_argument("--says", help="what the model answers whatever it is asked: one that is of no use")
    parser.add_argument("--cold", action="store_true", help="the first request loads the model and waits for it")
    return parser.parse_args()
