// Writes docs/api from the docstrings of the public packages. Fails where an export has none, or a link leads nowhere.
import { Application, ConsoleLogger, TSConfigReader, TypeDocReader } from 'typedoc';

/** TypeDoc's messages, without those on types that valibot infers: each property declared twice, at one place. */
class QuietLogger extends ConsoleLogger {
  /** @override */
  warn(text, ...where) {
    if (!text.includes('has multiple declarations with a comment')) super.warn(text, ...where);
  }

  /** @override */
  info(text) {
    if (!text.startsWith('The comments for ')) super.info(text);
  }
}

/** Names of modules and exports that nothing is said about. Members may speak for themselves. */
function undocumented(project) {
  const isSilent = (item) =>
    !item.isReference() && ![item, ...(item.signatures ?? [])].some((part) => part.hasComment());
  const modules = project.children ?? [];
  return [...modules, ...modules.flatMap((module) => module.children ?? [])]
    .filter(isSilent)
    .map((item) => item.getFriendlyFullName());
}

const app = await Application.bootstrapWithPlugins({}, [new TypeDocReader(), new TSConfigReader()]);
app.logger = new QuietLogger();
const project = await app.convert();
if (project !== undefined) {
  app.validate(project);
  for (const name of undocumented(project)) app.logger.error(`${name} has no docstring`);
  if (!app.logger.hasErrors() && !app.logger.hasWarnings()) await app.generateOutputs(project);
}
if (app.logger.hasErrors() || app.logger.hasWarnings()) {
  console.error('docs/api is not written: every export of a public package needs a docstring, and every link a target');
  process.exitCode = 1;
}
