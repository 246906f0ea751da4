// Python with the plain model, in a worker, so that the page stays alive while it is loaded and computes.
//
// Pyodide, the model (oracle.json) and nothing else is loaded, all of it from beside this file. A message in has
// the request (`docs/_extensions/oracle.py`) and a number; the message out has the same number and what explains it.
import { loadPyodide } from "./pyodide/pyodide.mjs";

async function start() {
  const beside = new URL("oracle.json", import.meta.url);
  const [python, { files, rules }] = await Promise.all([loadPyodide(), fetch(beside).then((got) => got.json())]);
  for (const [path, text] of Object.entries(files)) {
    python.FS.mkdirTree(`/oracle/${path}`.replace(/\/[^/]*$/, ""));
    python.FS.writeFile(`/oracle/${path}`, text);
  }
  python.runPython("import sys; sys.path.insert(0, '/oracle')");
  return { rules, explain: python.pyimport("docs._extensions.oracle").explained_as_text };
}

const started = start();

onmessage = async ({ data: { number, request } }) => {
  try {
    const { rules, explain } = await started;
    postMessage({ number, rules, explained: JSON.parse(explain(JSON.stringify(request))) });
  } catch (problem) {
    postMessage({ number, problem: String(problem) });
  }
};
