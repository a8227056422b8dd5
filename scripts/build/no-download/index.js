// onnxruntime-node's install script downloads CUDA libraries on Linux x64, and fails the whole install where it cannot. What
// it loads first is global-agent, which this package stands in for in the workspace: the script ends here, unless it is asked for.
exports.bootstrap = () => {
  if (!process.env.ONNXRUNTIME_NODE_INSTALL) process.exit(0);
};
