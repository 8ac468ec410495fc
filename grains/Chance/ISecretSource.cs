namespace Marketplace.Grains;

/// <summary>Bytes that nobody can guess. A simulated run injects seeded ones.</summary>
public interface ISecretSource
{
    void Fill(Span<byte> destination);
}
