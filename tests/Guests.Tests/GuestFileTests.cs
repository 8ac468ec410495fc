using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

/// <summary>Which files a job may have.</summary>
public sealed class GuestFileTests
{
    [Fact]
    public void FilesOfAJob_MustStandTogether()
    {
        using var program = GuestProgram.Load(Guest.Sample("echo"));
        string[][] refused =
        [
            ["in/a"],
            ["/in/../a"],
            ["/in/a", "/in/a"],
            ["/in/a", "/in/a/b"],
            ["/in"],
            ["/in/" + new string('x', 255)],
        ];
        foreach (var paths in refused)
        {
            Assert.Throws<ArgumentException>(() => program.Run(WasiFileTests.WithFiles([.. paths.Select(path => (path, ""))])));
        }
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("a/b c/ü.txt", true)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("a/", false)]
    [InlineData("a//b", false)]
    [InlineData("./a", false)]
    [InlineData("a/../b", false)]
    [InlineData("a\\b", false)]
    [InlineData("a\nb", false)]
    [InlineData("a\u001bb", false)]
    public void FileName_IsOneEverywhere(string name, bool isName) => Assert.Equal(isName, GuestFile.IsName(name));
}
