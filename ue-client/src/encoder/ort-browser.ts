/** Loads onnxruntime-web with its WASM backend alone: a fifth of the root build's JavaScript. */
export const loadRuntime = () => import('onnxruntime-web/wasm');
