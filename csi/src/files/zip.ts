// The one home of fflate: of all that it can, the build puts these into the package.
export { unzipSync, Zip, ZipDeflate, ZipPassThrough, zipSync } from 'fflate';
