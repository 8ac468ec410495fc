using Marketplace.Testing;

namespace Marketplace.Crypto.Tests;

/// <summary>The file of a vector test, or the test's clear end where it is absent.</summary>
internal static class VectorFile
{
    public static string PathOf(string relativePath)
    {
        var path = Vectors.Find(relativePath);
        if (path is not null)
        {
            return path;
        }
        if (Vectors.Required)
        {
            Assert.Fail($"{relativePath}: {Vectors.Missing}");
        }
        Assert.Skip($"{relativePath}: {Vectors.Missing}");
        throw new InvalidOperationException("This is a bug in the test runner: a skipped test went on.");
    }
}
