/**
 * The planes of models of complex CSI, for tools that fit a quantiser to their networks.
 *
 * @module @edge-csi/csi/complex
 */
export { createPlanes, type Planes } from './planes.ts';
