/** Loads onnxruntime-web, which a UE with another encoder does not install. */
export const loadRuntime = () => import('onnxruntime-web');
