using System.IO.Pipelines;
using Marketplace.Sdk.Transport;

namespace Marketplace.Sdk.Grains;

/// <summary>What the client reads of an answer. A client that disposes of it before its end leaves the exchange.</summary>
internal sealed class AnswerStream(PipeReader reader, Action abort) : ReadStream
{
    private readonly Stream _bytes = reader.AsStream(leaveOpen: true);
    private bool _isOver;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await _bytes.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _isOver |= count == 0 && buffer.Length > 0;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (!_isOver)
            {
                _isOver = true;
                abort();
            }
            reader.Complete();
        }
        base.Dispose(disposing);
    }
}
