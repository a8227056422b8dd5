import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { type Activation, bsServerDefaults, type LifecycleStatus, type ModelStatus } from '@edge-csi/bs-server';
import { CsiError } from '@edge-csi/csi';
import { reasonOf, urlUnder } from '@edge-csi/proto';
import { renderTable } from '@edge-csi/report';
import type { OptionsOf } from '../options/command.ts';
import { writeJson } from '../options/output.ts';
import { secret, url, writableFile } from '../options/parse.ts';

const defaultServer = `http://${bsServerDefaults.adminHost}:${bsServerDefaults.port + 1}`;

/** One operation: what is asked of the server, and how its answer reads. */
interface Operation<R> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly render: (result: R) => string;
}

function declare<Usage extends string>(models: CommandUnknownOpts, usage: Usage, description: string) {
  return models
    .command(usage)
    .description(description)
    .option(
      '--server <url>',
      'administrative port of the server',
      url(['http:', 'https:'], defaultServer),
      defaultServer,
    )
    .option('--token-file <file>', 'its token, where it asks for one', secret)
    .option('--json <file>', 'write what the server answered', writableFile);
}

/** Adds `load`, `activate`, `rollback`, `unload` and `status`: what a running server does with its models. */
export function addLifecycle(models: CommandUnknownOpts): void {
  const of = (model: string, operation: string) => `/models/${encodeURIComponent(model)}/${operation}`;
  declare(
    models,
    'load <folder>',
    "load a folder of the server's models directory; nobody uses it before it is activated",
  ).action((folder, options) =>
    perform<ModelStatus>({ method: 'POST', path: of(folder, 'load'), render: renderLoaded }, options),
  );
  declare(
    models,
    'activate <model>',
    'tell UEs to use a loaded version, named as `status` does or by its folder',
  ).action((model, options) =>
    perform<Activation>({ method: 'POST', path: of(model, 'activate'), render: renderActivation }, options),
  );
  declare(models, 'rollback', 'activate what was active before').action((options) =>
    perform<Activation>({ method: 'POST', path: '/models/rollback', render: renderActivation }, options),
  );
  declare(models, 'unload <model>', 'free a version that is not active, once its UEs use another').action(
    (model, options) =>
      perform<ModelStatus>({ method: 'POST', path: of(model, 'unload'), render: renderUnloaded }, options),
  );
  declare(models, 'status', 'one line for each version the server has').action((options) =>
    perform<LifecycleStatus>({ method: 'GET', path: '/models', render: renderStatus }, options),
  );
}

async function perform<R>(
  { method, path, render }: Operation<R>,
  { server, tokenFile, json }: OptionsOf<typeof declare>,
): Promise<void> {
  const result = (await request(method, new URL(urlUnder(server, path)), tokenFile)) as R;
  await writeJson(json, result);
  process.stdout.write(`${render(result)}\n`);
}

/** @throws CsiError with the server's own code and message where it refuses; Error where it does not answer as expected. */
async function request(method: string, url: URL, token: string | undefined): Promise<unknown> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { method, headers }).catch((cause: Error) => {
    throw new Error(`${url.origin}: no answer (${reasonOf(cause)}); is it the administrative port of a server?`, {
      cause,
    });
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return body;
  const { code, message } = (body as { error?: { code: string; message: string } } | undefined)?.error ?? {};
  if (code !== undefined && isModelCode(code)) throw new CsiError(code, message ?? '');
  throw new Error(message ?? `${url}: HTTP ${response.status}; is it the administrative port of a server?`);
}

function isModelCode(code: string): code is 'model-unknown' | 'model-invalid' | 'model-state' {
  return ['model-unknown', 'model-invalid', 'model-state'].includes(code);
}

function renderLoaded({ version, active }: ModelStatus): string {
  return active ? `${version} is loaded and active` : `${version} is loaded; activate it to tell UEs`;
}

function renderActivation({ active, previous, uesTold }: Activation): string {
  return `${active} is active${previous === active ? ' already' : `, before it ${previous}`}; ${uesTold} UEs told`;
}

function renderUnloaded({ version, state, ues, inFlight }: ModelStatus): string {
  if (state === 'unloaded') return `${version} is unloaded`;
  return `${version} is ${state}: ${ues} UEs and ${inFlight} reports still use it; it is freed once they do not`;
}

function renderStatus({ models, rollbackTo }: LifecycleStatus): string {
  const header = ['version', 'folder', 'state', 'active', 'UEs', 'in flight', 'decoded'];
  const rows = models.map(({ version, folder, state, active, ues, inFlight, decoded }) => [
    version,
    folder,
    state,
    active ? 'yes' : version === rollbackTo ? 'rollback' : '-',
    String(ues),
    String(inFlight),
    String(decoded),
  ]);
  return renderTable(header, rows);
}
