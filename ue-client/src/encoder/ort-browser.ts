// The build with the WASM backend alone: a fifth of the root build's JavaScript.
export { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
