using GptSharp.Ptx.Counters;

namespace GptSharp.Ptx.Tests.Counters;

public unsafe class AccessShapeTests
{
    [Theory]
    [InlineData(4, 4, 0, 4)]
    [InlineData(8, 4, 0, 8)]
    [InlineData(128, 4, 0, 32)]
    [InlineData(4, 4, 4, 5)]
    [InlineData(0, 4, 0, 1)]
    [InlineData(16, 16, 0, 16)]
    [InlineData(16, 16, 16, 17)]
    [InlineData(2, 2, 0, 2)]
    public void Sectors_of_a_warp_are_those_its_addresses_fall_into(int stride, int laneBytes, int offset, int sectors)
    {
        ulong* addresses = stackalloc ulong[32];
        Fill(addresses, lane => 0x7f00_0000_0000 + (ulong)(offset + (lane * stride)));
        Assert.Equal(sectors, AccessShape.Sectors(addresses, uint.MaxValue, laneBytes));
    }

    [Theory]
    [InlineData(32 * 4, 4, 32, 1)]
    [InlineData(33 * 4, 4, 1, 1)]
    [InlineData(0, 4, 1, 1)]
    [InlineData(4, 4, 1, 1)]
    [InlineData(8, 4, 2, 1)]
    [InlineData(2, 2, 1, 1)]
    [InlineData(8, 8, 2, 2)]
    [InlineData(16, 16, 4, 4)]
    [InlineData(128, 16, 32, 4)]
    [InlineData(144, 16, 4, 4)]
    public void Wavefronts_are_the_words_that_meet_in_a_bank(int stride, int laneBytes, int wavefronts, int ideal)
    {
        ulong* addresses = stackalloc ulong[32];
        Fill(addresses, lane => (ulong)(lane * stride));
        Assert.Equal((wavefronts, ideal), AccessShape.Wavefronts(addresses, uint.MaxValue, laneBytes));
    }

    [Fact]
    public void Lanes_that_take_no_part_need_nothing()
    {
        ulong* addresses = stackalloc ulong[32];
        Fill(addresses, lane => (ulong)(lane * 128));
        Assert.Equal(3, AccessShape.Sectors(addresses, 0b10101, 4));
        Assert.Equal((3, 1), AccessShape.Wavefronts(addresses, 0b10101, 4));
    }

    private static void Fill(ulong* addresses, Func<int, ulong> address)
    {
        for (int lane = 0; lane < 32; lane++)
        {
            addresses[lane] = address(lane);
        }
    }
}
