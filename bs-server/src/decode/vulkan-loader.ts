const library = 'libvulkan.so.1';

/**
 * Checks that the Vulkan loader is installed, which WebGPU needs on Linux: without it onnxruntime writes to stderr past
 * the log before it fails.
 *
 * @throws Error with the dynamic linker's reason.
 */
export function requireVulkanLoader(): void {
  if (process.platform !== 'linux') return;
  try {
    process.dlopen({ exports: {} }, library);
  } catch (error) {
    // A library that loads is no Node addon, which is an error too, and the answer looked for.
    const { message } = error as Error;
    if (message.startsWith(library)) throw new Error(`the Vulkan loader is missing: ${message}`, { cause: error });
  }
}
