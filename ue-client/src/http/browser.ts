import type { HttpGet } from './http.ts';

/** Gets with `fetch`; TLS is the browser's own. */
export const httpGet: HttpGet = async (url, _tls, signal) => {
  const response = await fetch(url, { signal, redirect: 'error' });
  return { status: response.status, body: chunksOf(response) };
};

/** Not every browser lets a stream be iterated. */
async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
