// Natural ids: the built files are byte for byte the same, wherever the sources stand.
module.exports = { optimization: { moduleIds: 'natural', chunkIds: 'natural' } };
