import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Names under which distributions install it. */
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const executable = (process.env.PATH ?? '')
  .split(path.delimiter)
  .flatMap((folder) => names.map((name) => path.join(folder, name)))
  .find(isExecutable);

/** Why no browser can be started; undefined where one can. */
export function chromiumProblem(): string | undefined {
  return executable === undefined ? 'needs a browser: install chromium' : undefined;
}

/** Starts a headless browser. */
export function startChromium(): Promise<Browser> {
  if (executable === undefined) throw new Error(chromiumProblem());
  // The sandbox does not work for root, which a container runs as.
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({ executablePath: executable, args: isRoot ? ['--no-sandbox'] : [] });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
