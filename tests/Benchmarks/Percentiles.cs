namespace Marketplace.Benchmarks;

/// <summary>Latencies of one run.</summary>
internal sealed class Percentiles(IEnumerable<double> milliseconds)
{
    private readonly double[] _sorted = [.. milliseconds.Order()];

    public double P50 => At(0.50);

    public double P99 => At(0.99);

    private double At(double share) =>
        _sorted.Length == 0 ? 0 : Math.Round(_sorted[Math.Min(_sorted.Length - 1, (int)(share * _sorted.Length))], 3);
}
