using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Worker.Protocol;

/// <summary>
/// What a worker signs after the handshake. Each signature names the market, so none is of use at another one; those that receipts carry
/// name its chain and contract too.
/// </summary>
public static class WorkerSignatures
{
    private const string RequestDomain = "marketplace 2026 worker request v1";

    /// <summary>A report as the worker sends it.</summary>
    public static SignedReport Sign(Ed25519KeyPair worker, MarketDomain domain, WorkerReport report, long start, long sequence)
    {
        ArgumentNullException.ThrowIfNull(worker);
        ArgumentNullException.ThrowIfNull(report);
        var executions = BatchOf(report);
        var signature = executions is null ? null : Convert.ToHexStringLower(Sign(worker, domain, executions));
        return new SignedReport(report, start, sequence, signature);
    }

    /// <returns>Whether the worker that the report names has signed its executions for this domain.</returns>
    public static bool Verify(SignedReport signed, MarketDomain domain)
    {
        ArgumentNullException.ThrowIfNull(signed);
        return BatchOf(signed.Report) is { } executions
            ? TrySignature(signed.Signature, out var signature)
                && Ed25519.Verify(signed.Report.Worker.Value, Digest(domain, executions), signature)
            : signed.Signature is null;
    }

    /// <summary>Signs executions for a market.</summary>
    public static byte[] Sign(Ed25519KeyPair worker, MarketDomain domain, MerkleBatch executions)
    {
        ArgumentNullException.ThrowIfNull(worker);
        ArgumentNullException.ThrowIfNull(executions);
        return worker.Sign(Digest(domain, executions));
    }

    /// <summary>The executions of a report, in the order of its results; null where no result has one.</summary>
    public static MerkleBatch? BatchOf(WorkerReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        Bytes32[] executions = [.. report.Results.Select(result => result.Execution).OfType<Bytes32>()];
        return executions.Length == 0 ? null : new MerkleBatch(executions);
    }

    /// <summary>The value of the header <c>Authorization</c> of a request for a blob.</summary>
    public static string Authorization(Ed25519KeyPair worker, Bytes32 market, string method, string path, LeaseCall call, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(worker);
        var ticket = new RequestTicket(call, at.ToUnixTimeMilliseconds());
        return ticket.ToHeader(worker.Sign(RequestMessage(market, method, path, ticket)));
    }

    /// <summary>Reads such a header and checks the signature; whether its date will do is the caller's to judge.</summary>
    /// <returns>Null where it is malformed or not signed by the worker that it names, for this market and request.</returns>
    public static RequestTicket? Check(string? header, Bytes32 market, string method, string path, LeaseId lease) =>
        RequestTicket.TryParse(header, lease, out var ticket, out var signature)
        && Ed25519.Verify(ticket.Call.Worker.Value, RequestMessage(market, method, path, ticket), signature)
            ? ticket
            : null;

    private static byte[] Digest(MarketDomain domain, MerkleBatch executions) =>
        BatchDigest.OfExecutions(domain, executions.Root).ToArray();

    internal static bool TrySignature(ReadOnlySpan<char> text, out byte[] signature)
    {
        signature = new byte[Ed25519.SignatureSize];
        return text.Length == 2 * signature.Length
            && Convert.FromHexString(text, signature, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == signature.Length;
    }

    internal static byte[] RequestMessage(Bytes32 market, string method, string path, RequestTicket ticket)
    {
        var text = SignedText.Of(RequestDomain);
        text.Id(market);
        text.Part(method);
        text.Part(path);
        text.Number(ticket.Call.Lease.Start);
        text.Number(ticket.Call.Lease.Sequence);
        text.Number(ticket.Call.Sequence);
        text.Number(ticket.UnixMilliseconds);
        return text.Bytes.ToArray();
    }
}
