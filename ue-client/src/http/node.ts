import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { get as getOverTls } from 'node:https';
import { pemOf } from '../socket/pem.ts';
import type { HttpGet } from './http.ts';

/** Gets with Node's own client: its `fetch` cannot be told whom to trust. */
export const httpGet: HttpGet = async (url, tls, signal) => {
  const request = url.protocol === 'https:' ? getOverTls(url, { ...pemOf(tls), signal }) : get(url, { signal });
  // What happens behind the response is told by its body.
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: response };
};
