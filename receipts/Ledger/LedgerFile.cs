namespace Marketplace.Receipts;

/// <summary>A <c>.ledger.jsonl</c>: the lines of <see cref="LedgerLines"/>, each with a line feed at its end.</summary>
public static class LedgerFile
{
    private const byte LineFeed = (byte)'\n';

    /// <summary>Checks a ledger offline. Memory is some 400 bytes for each record, whatever the length of the lines.</summary>
    /// <exception cref="LedgerBrokenException">It is not what it says; the message has the first difference.</exception>
    public static LedgerFindings Verify(Stream file, LedgerEvidence? evidence = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        var verifier = new LedgerVerifier(evidence);
        var buffer = new byte[LedgerPolicy.LineBytesMax + 1];
        var (start, end, line) = (0, 0, 0L);
        while (true)
        {
            var length = buffer.AsSpan(start, end - start).IndexOf(LineFeed);
            if (length >= 0)
            {
                verifier.Add(buffer.AsSpan(start, length));
                line++;
                start += length + 1;
                continue;
            }
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (end == buffer.Length)
            {
                throw new LedgerBrokenException(line + 1, $"It has more than {LedgerPolicy.LineBytesMax} bytes, the most of a line.");
            }
            var read = file.Read(buffer, end, buffer.Length - end);
            if (read == 0)
            {
                return end == 0 ? verifier.Finish() : throw new LedgerBrokenException(line + 1, "It has no line feed at its end.");
            }
            end += read;
        }
    }

    /// <summary>Writes one line.</summary>
    public static void Write(Stream file, byte[] line)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Write(line);
        file.WriteByte(LineFeed);
    }
}
