import type { UeCommand } from './ue-host.ts';
import { type UeEvent, UeRun } from './ue-run.ts';

/** The worker's own scope: the library of types is the page's. */
interface WorkerScope {
  onmessage: (message: MessageEvent<UeCommand>) => void;
  postMessage(event: UeEvent): void;
}

const scope = globalThis as unknown as WorkerScope;
let run: UeRun | undefined;

scope.onmessage = ({ data: command }) => {
  if (command.kind === 'start') {
    run = new UeRun(command.options, (event) => scope.postMessage(event));
    void run.run();
  } else if (command.kind === 'set') run?.set(command.pacing);
  else run?.close();
};
