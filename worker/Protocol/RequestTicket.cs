using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Marketplace.Api.Workers;

namespace Marketplace.Worker.Protocol;

/// <summary>Which run asks over HTTP, and when: <c>Authorization: Worker KEY.CALL.TIME.SIGNATURE</c>.</summary>
/// <param name="Call">The worker, its lease, and the number of the run's call.</param>
/// <param name="UnixMilliseconds">When it was signed, by the market's time.</param>
public sealed record RequestTicket(LeaseCall Call, long UnixMilliseconds)
{
    /// <summary>The scheme in the header.</summary>
    public const string Scheme = "Worker ";

    /// <summary>A key, two numbers, a signature and their dots: more is no ticket.</summary>
    private const int HeaderCharsMax = 256;

    internal string ToHeader(byte[] signature) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Scheme}{Call.Worker}.{Call.Sequence}.{UnixMilliseconds}.{Convert.ToHexStringLower(signature)}"
        );

    internal static bool TryParse(
        string? header,
        LeaseId lease,
        [NotNullWhen(true)] out RequestTicket? ticket,
        [NotNullWhen(true)] out byte[]? signature
    )
    {
        (ticket, signature) = (null, null);
        if (header is null || header.Length > HeaderCharsMax || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }
        var parts = header[Scheme.Length..].Split('.');
        if (
            parts.Length != 4
            || !WorkerId.TryParse(parts[0], out var worker)
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var call)
            || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            || !WorkerSignatures.TrySignature(parts[3], out signature)
        )
        {
            return false;
        }
        ticket = new RequestTicket(new LeaseCall(worker, lease, call), time);
        return true;
    }
}
