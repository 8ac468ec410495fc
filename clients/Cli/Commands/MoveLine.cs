using System.Globalization;
using Marketplace.Storage;

namespace Marketplace.Cli.Commands;

/// <summary>How far a move, a backup or a restore is, on a terminal.</summary>
internal sealed class MoveLine(Surroundings surroundings) : IProgress<MoveProgress>, IDisposable
{
    private readonly StatusLine _line = new(surroundings);

    public void Report(MoveProgress value) =>
        _line.Show(
            value.BytesTotal is { } total ? $"{value.Step}: {Megabytes(value.BytesDone)} of {Megabytes(total)} MB"
            : value.BytesDone > 0 ? $"{value.Step}: {Megabytes(value.BytesDone)} MB"
            : value.Step
        );

    public void Dispose() => _line.Dispose();

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
}
