using System.IO.Pipelines;

namespace Marketplace.Gateway;

/// <summary>
/// A body whose length was not told. What is read of it is charged to its request's share of the <see cref="MemoryBudget"/> before the
/// reader sees it.
/// </summary>
internal sealed class ChargedBody(PipeReader body, MemoryShare share) : PipeReader
{
    private long _consumed;
    private ReadResult _last;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Charged(await body.ReadAsync(cancellationToken));

    public override bool TryRead(out ReadResult result)
    {
        var hasRead = body.TryRead(out result);
        if (hasRead)
        {
            Charged(result);
        }
        return hasRead;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _consumed += _last.Buffer.Slice(0, consumed).Length;
        _last = default;
        body.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => body.CancelPendingRead();

    public override void Complete(Exception? exception = null) => body.Complete(exception);

    private ReadResult Charged(ReadResult result)
    {
        try
        {
            share.CoverBody(_consumed + result.Buffer.Length);
        }
        catch
        {
            // The refused reader never sees these bytes, so it cannot give them back; the server reads on from here to the request's end.
            body.AdvanceTo(result.Buffer.End);
            throw;
        }
        _last = result;
        return result;
    }
}
